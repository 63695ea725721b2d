// PredictionService.Classify and Regress.
// Order of checks and messages: TensorFlow Serving's classification_service.cc and regression_service.cc.
import { Problem, problem } from "../../../core/errors.ts";
import type { GrpcCall, GrpcReply } from "../../grpc/call.ts";
import { BYTES, WireError, WireWriter } from "../../grpc/wire.ts";
import { DEFAULT_SIGNATURE } from "../../predict/predict.ts";
import { inSlices } from "../../slices.ts";
import type { GrpcContext } from "../context.ts";
import { runExamples } from "../examples/run-examples.ts";
import type { Method } from "../examples/signatures.ts";
import { resolveModel } from "./errors.ts";
import { decodeExamplesRequest, encodeResult } from "./examples-request.ts";
import { encodeModelSpec } from "./predict-request.ts";

/** Answers a Classify call. */
export function classifyOverGrpc(context: GrpcContext, call: GrpcCall): Promise<GrpcReply> {
  return answer("classify", context, call);
}

/** Answers a Regress call. */
export function regressOverGrpc(context: GrpcContext, call: GrpcCall): Promise<GrpcReply> {
  return answer("regress", context, call);
}

const MESSAGES: Readonly<Record<Method, string>> = {
  classify: "ClassificationRequest",
  regress: "RegressionRequest",
};

async function answer(method: Method, context: GrpcContext, call: GrpcCall): Promise<GrpcReply> {
  const request = parseWire(MESSAGES[method], () => decodeExamplesRequest(call.message));
  if (request instanceof Problem) return request;
  const handle = resolveModel(context.models, request.modelSpec);
  if (handle instanceof Problem) return handle;
  const { model: name, version } = handle;
  const { timeoutMs, onCancel, predicted } = call;
  const { examples, modelSpec } = request;
  const signatureName = modelSpec?.signatureName || DEFAULT_SIGNATURE;
  const limits = { timeoutMs, onCancel, predicted, checkMethodNames: context.checkMethodNames };
  const result = await runExamples(handle, { method, signatureName, examples }, limits);
  if (result instanceof Problem) return result;
  const bytes = await inSlices(encodeResult(result));
  const spec = encodeModelSpec({ name, version, signatureName });
  return [
    new WireWriter().tag(1, BYTES).varint(bytes.length).finish(),
    bytes,
    new WireWriter().tag(2, BYTES).lengthDelimited(spec).finish(),
  ];
}

/** What a decoder made of a message, or why it is none. */
export function parseWire<T>(message: string, decode: () => T): T | Problem {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return problem("GRPC_UNPARSABLE", { message, reason: error.message }, error);
  }
}
