// Reads a predict body for tests, cut into pieces of any size.
import { tensorflowNumber } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import { Problem } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import type { TensorSpec } from "../../model/signature.ts";
import type { DType } from "../../tensor/dtype.ts";
import { PredictBodyReader } from "../tensorflow-serving/rest/read-predict-body.ts";

/** Inputs of a signature. */
export type Schema = Readonly<Record<string, DType>>;

const specsOf = (schema: Schema): TensorSpec[] =>
  Object.entries(schema).map(([key, dtype]) => ({
    key,
    dtype,
    tensorName: `${key}:0`,
    tensorflowDtype: tensorflowNumber(dtype),
    shape: undefined,
  }));

/** What the reader makes of a body, cut into pieces of the given size: an error text, or values by name. */
export function read(schema: Schema, body: string | Uint8Array, piece = Number.POSITIVE_INFINITY) {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const reader = new PredictBodyReader(() => specsOf(schema), bytes.length);
  for (let at = 0; at < bytes.length; at += piece) reader.feed(bytes.subarray(at, at + piece));
  const syntax = reader.finish();
  if (syntax) return syntax.message;
  const steps = reader.tensors();
  let step = steps.next();
  while (!step.done) step = steps.next();
  if (step.value instanceof Problem) return step.value.message;
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of step.value.inputs)
    inputs[name] = { shape: value.shape, values: valuesOf(value) };
  return { format: step.value.format, signature: reader.signatureName, inputs };
}

function valuesOf(tensor: TensorValue): unknown[] {
  if (tensor.strings) return tensor.strings.map((text) => Buffer.from(text).toString());
  const { buffer } = tensor.data.slice();
  switch (tensor.dtype) {
    case "float32":
      return [...new Float32Array(buffer)];
    case "float64":
      return [...new Float64Array(buffer)];
    case "int64":
      return [...new BigInt64Array(buffer)];
    case "uint64":
      return [...new BigUint64Array(buffer)];
    case "uint32":
      return [...new Uint32Array(buffer)];
    case "int32":
      return [...new Int32Array(buffer)];
    case "int8":
      return [...new Int8Array(buffer)];
    default:
      return [...new Uint8Array(buffer)];
  }
}

/** What `read` returns for rows. */
export const row = (inputs: Record<string, unknown>, signature = "") => ({
  format: "row",
  signature,
  inputs,
});
/** What `read` returns for columns. */
export const columns = (inputs: Record<string, unknown>) => ({ format: "columnar", signature: "", inputs });
