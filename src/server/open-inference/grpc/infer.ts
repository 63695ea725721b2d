// GRPCInferenceService.ModelInfer, and one request of ModelStreamInfer.
import { Problem, problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import type { GrpcCall, GrpcReply } from "../../grpc/call.ts";
import { WireError } from "../../grpc/wire.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import type { PredictLimits } from "../../predict/predict.ts";
import { inSlices } from "../../slices.ts";
import type { OpenInferenceContext } from "../context.ts";
import { datatypeNamed } from "../datatypes.ts";
import { type PreparedInfer, prepareInfer, runInfer } from "../infer.ts";
import { acquire } from "../models.ts";
import { refuseSharedMemory } from "../parameters.ts";
import { refuseShape, type TensorHead, tensorFromBytes } from "../tensors.ts";
import { tensorFromContents } from "./contents.ts";
import { decodeInferRequest, type WireInferRequest, type WireInput } from "./infer-request.ts";
import { encodeInferResponse } from "./infer-response.ts";

/** Answers a ModelInfer call. */
export async function inferOverGrpc(context: OpenInferenceContext, call: GrpcCall): Promise<GrpcReply> {
  const request = decodeRequest(call.message);
  if (request instanceof Problem) return request;
  const { timeoutMs, onCancel, predicted } = call;
  return inferRequest(context, request, { timeoutMs, onCancel, predicted });
}

/** The request's message, or why the bytes are none. */
export function decodeRequest(message: Uint8Array): WireInferRequest | Problem {
  try {
    return decodeInferRequest(message);
  } catch (error) {
    return unparsable(error);
  }
}

/** The response's message. */
export async function inferRequest(
  context: OpenInferenceContext,
  request: WireInferRequest,
  limits: PredictLimits,
): Promise<readonly Uint8Array[] | Problem> {
  const handle = acquire(context.models, request);
  if (handle instanceof Problem) return handle;
  const read = await readValues(handle, request);
  if (read instanceof Problem) {
    handle.release();
    return read;
  }
  const outputs = await runInfer(handle, read.prepared, read.inputs, limits);
  if (outputs instanceof Problem) return outputs;
  return encodeInferResponse({
    model: handle.model,
    version: String(handle.version),
    id: request.id,
    marksFinal: read.prepared.options.marksFinal,
    outputs,
  });
}

interface ReadValues {
  readonly prepared: PreparedInfer;
  readonly inputs: ReadonlyMap<string, TensorValue>;
}

async function readValues(
  handle: ServableHandle,
  { inputs: sent, outputs, parameters, raw }: WireInferRequest,
): Promise<ReadValues | Problem> {
  const heads: TensorHead[] = [];
  for (const input of sent) {
    const head = headOf(input);
    if (head instanceof Problem) return head;
    heads.push(head);
  }
  const prepared = prepareInfer(handle, { inputs: heads, outputs, parameters });
  if (prepared instanceof Problem) return prepared;
  if (raw.length > 0 && raw.length !== sent.length) {
    return problem("OIP_RAW_COUNT", { found: raw.length, wanted: sent.length });
  }
  const inputs = new Map<string, TensorValue>();
  for (const [at, head] of heads.entries()) {
    const value = await valueOfInput(head, sent[at]?.contents ?? [], raw[at]);
    if (value instanceof Problem) return value;
    inputs.set(head.name, value);
  }
  return { prepared, inputs };
}

function headOf({ name, datatype, shape, parameters }: WireInput): TensorHead | Problem {
  const known = datatypeNamed(datatype);
  if (!known) return problem("OIP_DATATYPE_UNKNOWN", { input: name, datatype: datatype.slice(0, 100) });
  const refusal = refuseShape(name, shape) ?? refuseSharedMemory(name, parameters);
  return refusal ?? { name, datatype: known, shape: shape.map(Number) };
}

async function valueOfInput(
  head: TensorHead,
  contents: WireInput["contents"],
  raw: Uint8Array | undefined,
): Promise<TensorValue | Problem> {
  if (raw) {
    const both = contents.some((reader) => !reader.atEnd);
    return both ? problem("OIP_DATA_TWICE", { input: head.name }) : tensorFromBytes(head, raw);
  }
  try {
    return await inSlices(tensorFromContents(head, contents));
  } catch (error) {
    return unparsable(error);
  }
}

function unparsable(error: unknown): Problem {
  if (!(error instanceof WireError)) throw error;
  return problem("GRPC_UNPARSABLE", { message: "ModelInferRequest", reason: error.message }, error);
}
