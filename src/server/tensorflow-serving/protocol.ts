// TensorFlow Serving's REST and gRPC as one protocol of the server.
import { file_tensorflow_serving } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import type { Protocol } from "../protocol.ts";
import type { GrpcContext, Reload, RestContext } from "./context.ts";
import { reloadOverGrpc } from "./grpc/reload.ts";
import { tensorflowServingMethods } from "./grpc/route.ts";
import { tensorflowServingRest } from "./rest/handle.ts";

/** Its routes; `reload` is what HandleReloadConfigRequest does. */
export function tensorflowServing(
  context: GrpcContext & RestContext & { readonly reload: Reload },
): Protocol {
  const reload = { handle: reloadOverGrpc(context.reload) };
  return {
    serving: { rest: [tensorflowServingRest(context)], grpc: tensorflowServingMethods(context) },
    admin: {
      rest: [],
      grpc: new Map([["/tensorflow.serving.ModelService/HandleReloadConfigRequest", reload]]),
    },
    files: [file_tensorflow_serving],
  };
}
