// RepositoryIndex, RepositoryModelLoad and RepositoryModelUnload. An answer to the last two has no fields.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  RepositoryIndexRequestSchema,
  RepositoryIndexResponseSchema,
  RepositoryModelLoadRequestSchema,
  RepositoryModelUnloadRequestSchema,
} from "../../../bytes/protobuf/generated/open_inference_pb.ts";
import { Problem } from "../../../core/errors.ts";
import type { GrpcReply } from "../../grpc/call.ts";
import { parseMessage } from "../../grpc/parse-message.ts";
import type { OpenInferenceContext } from "../context.ts";
import { repositoryIndex } from "../models.ts";
import { loadModel, unloadModel } from "../repository.ts";

/** Every model and version with its state. */
export function indexOverGrpc(context: OpenInferenceContext, message: Uint8Array): GrpcReply {
  const request = parseMessage(RepositoryIndexRequestSchema, message);
  if (request instanceof Problem) return request;
  const models = repositoryIndex(context, request.ready).map((entry) => ({ ...entry }));
  return [toBinary(RepositoryIndexResponseSchema, create(RepositoryIndexResponseSchema, { models }))];
}

/** Loads a model, or its new versions. */
export async function loadOverGrpc(context: OpenInferenceContext, message: Uint8Array): Promise<GrpcReply> {
  const request = parseMessage(RepositoryModelLoadRequestSchema, message);
  if (request instanceof Problem) return request;
  return (await loadModel(context, request.modelName, Object.keys(request.parameters))) ?? [];
}

/** Takes a model out of service. */
export async function unloadOverGrpc(context: OpenInferenceContext, message: Uint8Array): Promise<GrpcReply> {
  const request = parseMessage(RepositoryModelUnloadRequestSchema, message);
  if (request instanceof Problem) return request;
  return (await unloadModel(context, request.modelName)) ?? [];
}
