// The methods of TensorFlow Serving's services, by path.

import { Problem } from "../../../core/errors.ts";
import type { GrpcCall, GrpcMethods, GrpcReply, GrpcUnaryMethod } from "../../grpc/call.ts";
import type { CallKind, RequestListener } from "../../metrics/request-metrics.ts";
import { timed } from "../../metrics/timed.ts";
import type { Soon } from "../../soon.ts";
import type { GrpcContext } from "../context.ts";
import { classifyOverGrpc, regressOverGrpc } from "./examples.ts";
import { metadataOverGrpc } from "./metadata.ts";
import { modelNameOf } from "./model-name.ts";
import { multiInferenceOverGrpc } from "./multi-inference.ts";
import { predictOverGrpc } from "./predict.ts";
import { contentOffset } from "./predict-request.ts";
import { statusOverGrpc } from "./status.ts";

type Handler = (context: GrpcContext, call: GrpcCall) => Soon<GrpcReply>;

/** What the services answer; changing what is served is apart (reload.ts). */
export function tensorflowServingMethods(context: GrpcContext): GrpcMethods {
  const method = (handler: Handler, kind?: CallKind): GrpcUnaryMethod => ({
    handle:
      kind === undefined || !context.requests
        ? (call) => handler(context, call)
        : counted(handler, kind, context, context.requests),
  });
  return new Map([
    [
      "/tensorflow.serving.PredictionService/Predict",
      { ...method(predictOverGrpc, 0), alignmentHint: contentOffset, returnsMessage: true },
    ],
    ["/tensorflow.serving.PredictionService/Classify", method(classifyOverGrpc, 1)],
    ["/tensorflow.serving.PredictionService/Regress", method(regressOverGrpc, 2)],
    ["/tensorflow.serving.PredictionService/MultiInference", method(multiInferenceOverGrpc)],
    ["/tensorflow.serving.PredictionService/GetModelMetadata", method(metadataOverGrpc)],
    ["/tensorflow.serving.ModelService/GetModelStatus", method(statusOverGrpc)],
  ]);
}

/** The handler, which tells the metrics of each call. */
function counted(
  handler: Handler,
  kind: CallKind,
  context: GrpcContext,
  requests: RequestListener,
): GrpcUnaryMethod["handle"] {
  return (call) =>
    timed(
      () => handler(context, call),
      (answer) => (answer instanceof Problem ? answer.row.grpc : 0),
      (code, microseconds) => requests.answered(kind, modelNameOf(call.message), code, microseconds),
    );
}
