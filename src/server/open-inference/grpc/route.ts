// The methods of GRPCInferenceService, by path. What changes something is apart.
import type { GrpcCall, GrpcMethod, GrpcMethods, GrpcReply, GrpcUnaryMethod } from "../../grpc/call.ts";
import type { OpenInferenceContext } from "../context.ts";
import { inferOverGrpc } from "./infer.ts";
import { rawContentsOffset } from "./infer-request.ts";
import {
  configOverGrpc,
  liveOverGrpc,
  metadataOverGrpc,
  modelReadyOverGrpc,
  readyOverGrpc,
  serverOverGrpc,
  statisticsOverGrpc,
} from "./models.ts";
import { indexOverGrpc, loadOverGrpc, unloadOverGrpc } from "./repository.ts";
import { streamInferOverGrpc } from "./stream-infer.ts";

export const SERVICE = "inference.GRPCInferenceService";

type Handler = (context: OpenInferenceContext, message: Uint8Array) => GrpcReply | Promise<GrpcReply>;

/** What only answers. */
export function openInferenceMethods(context: OpenInferenceContext): GrpcMethods {
  const { method, path } = methodsOf(context);
  return new Map<string, GrpcMethod>([
    [path("ServerLive"), { ...method(liveOverGrpc), light: true }],
    [path("ServerReady"), { ...method(readyOverGrpc), light: true }],
    [path("ModelReady"), { ...method(modelReadyOverGrpc), light: true }],
    [path("ServerMetadata"), method(serverOverGrpc)],
    [path("ModelMetadata"), method(metadataOverGrpc)],
    [path("ModelConfig"), method(configOverGrpc)],
    [path("ModelStatistics"), method(statisticsOverGrpc)],
    [path("RepositoryIndex"), method(indexOverGrpc)],
    [
      path("ModelInfer"),
      {
        handle: (call: GrpcCall) => inferOverGrpc(context, call),
        alignmentHint: rawContentsOffset,
        returnsMessage: true,
      },
    ],
    [
      path("ModelStreamInfer"),
      {
        stream: (messages, gone, header) => streamInferOverGrpc(context, messages, gone, header),
        alignmentHint: rawContentsOffset,
        largeMessages: true,
      },
    ],
  ]);
}

/** Load and unload. */
export function openInferenceControlMethods(context: OpenInferenceContext): GrpcMethods {
  const { method, path } = methodsOf(context);
  return new Map([
    [path("RepositoryModelLoad"), method(loadOverGrpc)],
    [path("RepositoryModelUnload"), method(unloadOverGrpc)],
  ]);
}

function methodsOf(context: OpenInferenceContext): {
  readonly method: (handler: Handler) => GrpcUnaryMethod;
  readonly path: (name: string) => string;
} {
  return {
    method: (handler) => ({ handle: async (call) => handler(context, call.message) }),
    path: (name) => `/${SERVICE}/${name}`,
  };
}
