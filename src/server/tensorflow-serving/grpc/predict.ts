// PredictionService.Predict.
// Order of checks and messages: TensorFlow Serving's prediction_service_impl.cc and predict_util.cc.
import { Problem, problem } from "../../../core/errors.ts";
import type { GrpcCall, GrpcReply } from "../../grpc/call.ts";
import { WireError } from "../../grpc/wire.ts";
import { DEFAULT_SIGNATURE, predict } from "../../predict/predict.ts";
import { inSlices } from "../../slices.ts";
import { attempt, type Soon, soon } from "../../soon.ts";
import type { GrpcContext } from "../context.ts";
import { resolveModel } from "./errors.ts";
import { decodePredictRequest, encodePredictResponse, type WirePredictRequest } from "./predict-request.ts";

/** Answers a Predict call. */
export function predictOverGrpc(context: GrpcContext, call: GrpcCall): Soon<GrpcReply> {
  return soon(decode(call.message), (request) =>
    request instanceof Problem ? request : answer(context, call, request),
  );
}

function answer(context: GrpcContext, call: GrpcCall, request: WirePredictRequest): Soon<GrpcReply> {
  const handle = resolveModel(context.models, request.modelSpec);
  if (handle instanceof Problem) return handle;
  const signatureName = request.modelSpec?.signatureName || DEFAULT_SIGNATURE;
  const signature = handle.loaded.signatures.get(signatureName);
  if (!signature) {
    handle.release();
    return problem("SIGNATURE_NOT_FOUND", { signature: signatureName });
  }
  const { inputs, outputFilter } = request;
  const { timeoutMs, onCancel, predicted } = call;
  const limits = { timeoutMs, onCancel, predicted, checkMethodNames: context.checkMethodNames };
  return soon(predict(handle, { signature, inputs, outputFilter }, limits), (outputs) => {
    if (outputs instanceof Problem) return outputs;
    const spec = { name: handle.model, version: handle.version, signatureName };
    return inSlices(encodePredictResponse(spec, outputs, context.tensorContent));
  });
}

function decode(message: Uint8Array): Soon<WirePredictRequest | Problem> {
  return attempt<WirePredictRequest | Problem>(
    () => inSlices(decodePredictRequest(message)),
    (error) => {
      if (!(error instanceof WireError)) throw error;
      return problem("GRPC_UNPARSABLE", { message: "PredictRequest", reason: error.message }, error);
    },
  );
}
