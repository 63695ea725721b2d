// The methods of TensorFlow Serving's services, by path.
import type { GrpcCall, GrpcMethods, GrpcReply, GrpcUnaryMethod } from "../../grpc/call.ts";
import type { GrpcContext } from "../context.ts";
import { classifyOverGrpc, regressOverGrpc } from "./examples.ts";
import { metadataOverGrpc } from "./metadata.ts";
import { multiInferenceOverGrpc } from "./multi-inference.ts";
import { predictOverGrpc } from "./predict.ts";
import { contentOffset } from "./predict-request.ts";
import { statusOverGrpc } from "./status.ts";

type Handler = (context: GrpcContext, call: GrpcCall) => Promise<GrpcReply>;

/** What the services answer; changing what is served is apart (reload.ts). */
export function tensorflowServingMethods(context: GrpcContext): GrpcMethods {
  const method = (handler: Handler): GrpcUnaryMethod => ({ handle: (call) => handler(context, call) });
  return new Map([
    [
      "/tensorflow.serving.PredictionService/Predict",
      { ...method(predictOverGrpc), alignmentHint: contentOffset },
    ],
    ["/tensorflow.serving.PredictionService/Classify", method(classifyOverGrpc)],
    ["/tensorflow.serving.PredictionService/Regress", method(regressOverGrpc)],
    ["/tensorflow.serving.PredictionService/MultiInference", method(multiInferenceOverGrpc)],
    ["/tensorflow.serving.PredictionService/GetModelMetadata", method(metadataOverGrpc)],
    ["/tensorflow.serving.ModelService/GetModelStatus", method(statusOverGrpc)],
  ]);
}
