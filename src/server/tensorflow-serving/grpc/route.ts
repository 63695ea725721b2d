// The methods of TensorFlow Serving's services, by path.
import type { GrpcCall, GrpcMethod, GrpcMethods, GrpcReply } from "../../grpc/call.ts";
import type { Models } from "../../manager/manager.ts";
import { metadataOverGrpc } from "./metadata.ts";
import { predictOverGrpc } from "./predict.ts";
import { contentOffset } from "./predict-request.ts";
import { statusOverGrpc } from "./status.ts";

type Handler = (models: Models, call: GrpcCall) => Promise<GrpcReply>;

/** What the services serve. */
export function tensorflowServingMethods(models: Models): GrpcMethods {
  const method = (handler: Handler): GrpcMethod => ({ handle: (call) => handler(models, call) });
  return new Map([
    [
      "/tensorflow.serving.PredictionService/Predict",
      { ...method(predictOverGrpc), alignmentHint: contentOffset },
    ],
    ["/tensorflow.serving.PredictionService/GetModelMetadata", method(metadataOverGrpc)],
    ["/tensorflow.serving.ModelService/GetModelStatus", method(statusOverGrpc)],
  ]);
}
