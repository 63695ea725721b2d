// PredictionService.GetModelMetadata: the signatures, packed into an Any.
// Order of checks and messages: TensorFlow Serving's get_model_metadata_impl.cc.
import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack, Int64ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  GetModelMetadataRequestSchema,
  GetModelMetadataResponseSchema,
  SignatureDefMapSchema,
} from "../../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem, problem } from "../../../core/errors.ts";
import type { GrpcCall, GrpcReply } from "../../grpc/call.ts";
import { parseMessage } from "../../grpc/parse-message.ts";
import type { GrpcContext } from "../context.ts";
import { signatureMessage } from "../signature-message.ts";
import { resolveModel } from "./errors.ts";
import { wireModelSpec } from "./model-spec.ts";

/** Answers a GetModelMetadata call. */
export async function metadataOverGrpc({ models }: GrpcContext, call: GrpcCall): Promise<GrpcReply> {
  const request = parseMessage(GetModelMetadataRequestSchema, call.message);
  if (request instanceof Problem) return request;
  if (!request.modelSpec) return problem("MODEL_SPEC_MISSING", {});
  if (request.metadataField.length === 0) return problem("METADATA_NO_FIELD", {});
  const unknown = request.metadataField.find((field) => field !== "signature_def");
  if (unknown !== undefined) return problem("METADATA_UNKNOWN_FIELD", { field: unknown });
  const handle = resolveModel(models, wireModelSpec(request.modelSpec));
  if (handle instanceof Problem) return handle;
  const signatures = [...handle.loaded.signatures.values()];
  const modelSpec = {
    name: handle.model,
    versionChoice: { case: "version" as const, value: create(Int64ValueSchema, { value: handle.version }) },
  };
  handle.release();
  const signatureDef = Object.fromEntries(signatures.map((one) => [one.name, signatureMessage(one)]));
  const map = create(SignatureDefMapSchema, { signatureDef });
  const metadata = { signature_def: anyPack(SignatureDefMapSchema, map) };
  const response = create(GetModelMetadataResponseSchema, { modelSpec, metadata });
  return [toBinary(GetModelMetadataResponseSchema, response)];
}
