// A body without any JSON: the bytes of the model's only input (Inference-Header-Content-Length: 0).
// Source: Triton's extension_binary_data.md (Raw Binary Request): a batch of one, at most one other free size, which
// the number of bytes tells; for BYTES the body is the one element.
import { Problem, problem } from "../../../core/errors.ts";
import type { TensorSpec } from "../../../model/signature.ts";
import { BYTES_PER_ELEMENT } from "../../../tensor/dtype.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import { DATATYPES, type Datatype, datatypeOf } from "../datatypes.ts";
import { prepareInfer } from "../infer.ts";
import { NO_PARAMETERS } from "../parameters.ts";
import { hasBatch, signatureOf } from "../signatures.ts";
import { countOf, shapeText, type TensorHead, tensorFromBytes } from "../tensors.ts";
import type { ReadRequest } from "./read-request.ts";

/** The request that the bytes are, with every output behind the answer's JSON. */
export function rawBody(handle: ServableHandle, bytes: Uint8Array): ReadRequest | Problem {
  const { model, loaded } = handle;
  const signature = signatureOf(model, loaded);
  if (signature instanceof Problem) return signature;
  const [spec, ...others] = signature.inputs;
  const refuse = (reason: string): Problem => problem("OIP_RAW_BODY", { model, reason });
  if (!spec || others.length > 0) return refuse(`it has ${signature.inputs.length} inputs`);
  const datatype = datatypeOf(spec.dtype);
  if (!datatype) return refuse("its input's type has no datatype");
  const shape = shapeFor(spec, datatype, hasBatch(signature), bytes.length);
  if (typeof shape === "string") return refuse(shape);
  const head = { name: spec.key, datatype, shape };
  const parsed = { id: undefined, parameters: NO_PARAMETERS, inputs: [], outputs: [], binaryOutput: true };
  const prepared = prepareInfer(handle, { ...parsed, inputs: [head] });
  if (prepared instanceof Problem) return prepared;
  const value = tensorOf(head, bytes);
  return value instanceof Problem ? value : { parsed, prepared, inputs: new Map([[spec.key, value]]) };
}

function tensorOf(head: TensorHead, bytes: Uint8Array): ReturnType<typeof tensorFromBytes> {
  if (head.datatype !== "BYTES") return tensorFromBytes(head, bytes);
  return { dtype: "string", shape: head.shape, data: new Uint8Array(0), strings: [bytes] };
}

/** The shape with its free sizes filled in, or why that cannot be. */
function shapeFor(
  { shape }: TensorSpec,
  datatype: Datatype,
  batched: boolean,
  length: number,
): readonly number[] | string {
  if (!shape) return "its input may have any rank";
  const sizes = shape.map((size, axis) => (batched && axis === 0 ? 1 : size));
  const free = sizes.filter((size) => size < 0).length;
  if (datatype === "BYTES") {
    const one = sizes.map((size) => (size < 0 ? 1 : size));
    return countOf(one) === 1 ? one : `its input has ${shapeText(shape)} elements, and the body is one`;
  }
  if (free > 1) return `more than one size of ${shapeText(shape)} is free`;
  const rest = sizes.reduce((product, size) => product * (size < 0 ? 1 : size), 1);
  const bytesEach = rest * BYTES_PER_ELEMENT[DATATYPES[datatype].dtype];
  const size = bytesEach > 0 ? length / bytesEach : 0;
  if (free === 0 || Number.isInteger(size)) return sizes.map((one) => (one < 0 ? size : one));
  return `${length} bytes are no multiple of the ${bytesEach} that ${shapeText(shape)} of ${datatype} takes`;
}
