// What is asked of the server and of models over gRPC, but inference: metadata, health, configuration, statistics.
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ModelConfigRequestSchema,
  ModelConfigResponseSchema,
  ModelMetadataRequestSchema,
  ModelMetadataResponseSchema,
  ModelReadyRequestSchema,
  ModelReadyResponseSchema,
  ModelStatisticsRequestSchema,
  ModelStatisticsResponseSchema,
  type ModelStatisticsSchema,
  ServerLiveResponseSchema,
  ServerMetadataResponseSchema,
  ServerReadyResponseSchema,
} from "../../../bytes/protobuf/generated/open_inference_pb.ts";
import { Problem } from "../../../core/errors.ts";
import type { GrpcReply } from "../../grpc/call.ts";
import { parseMessage } from "../../grpc/parse-message.ts";
import type { Duration, VersionStatistics } from "../../predict/statistics.ts";
import type { OpenInferenceContext } from "../context.ts";
import {
  type ConfigTensor,
  EXTENSIONS,
  modelConfiguration,
  modelMetadata,
  SERVER_NAME,
  type TensorMetadata,
} from "../metadata.ts";
import { modelStatistics } from "../model-statistics.ts";
import { whyNotReady } from "../models.ts";

/** ServerLive */
export function liveOverGrpc(): GrpcReply {
  return reply(ServerLiveResponseSchema, { live: true });
}

/** ServerReady */
export function readyOverGrpc({ health }: OpenInferenceContext): GrpcReply {
  return reply(ServerReadyResponseSchema, { ready: health.state === "serving" });
}

/** ModelReady: an unknown model is NOT_FOUND; one that is being loaded is not ready. */
export function modelReadyOverGrpc({ models }: OpenInferenceContext, message: Uint8Array): GrpcReply {
  const request = parseMessage(ModelReadyRequestSchema, message);
  if (request instanceof Problem) return request;
  const reason = whyNotReady(models, request);
  if (reason && reason.code !== "OIP_MODEL_NOT_READY") return reason;
  return reply(ModelReadyResponseSchema, { ready: reason === undefined });
}

/** ServerMetadata */
export function serverOverGrpc({ serverVersion: version }: OpenInferenceContext): GrpcReply {
  return reply(ServerMetadataResponseSchema, { name: SERVER_NAME, version, extensions: [...EXTENSIONS] });
}

/** ModelMetadata */
export function metadataOverGrpc(context: OpenInferenceContext, message: Uint8Array): GrpcReply {
  const request = parseMessage(ModelMetadataRequestSchema, message);
  if (request instanceof Problem) return request;
  const metadata = modelMetadata(context, request);
  if (metadata instanceof Problem) return metadata;
  const tensors = (all: readonly TensorMetadata[]): MessageInit[] =>
    all.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(BigInt) }));
  return reply(ModelMetadataResponseSchema, {
    name: metadata.name,
    versions: [...metadata.versions],
    platform: metadata.platform,
    inputs: tensors(metadata.inputs),
    outputs: tensors(metadata.outputs),
  });
}

interface MessageInit {
  name: string;
  datatype: string;
  shape: bigint[];
}

/** ModelConfig */
export function configOverGrpc(context: OpenInferenceContext, message: Uint8Array): GrpcReply {
  const request = parseMessage(ModelConfigRequestSchema, message);
  if (request instanceof Problem) return request;
  const config = modelConfiguration(context, request);
  if (config instanceof Problem) return config;
  return reply(ModelConfigResponseSchema, {
    config: {
      name: config.name,
      platform: config.platform,
      backend: config.backend,
      versionPolicy: { policyChoice: { case: "all", value: {} } },
      maxBatchSize: config.maxBatchSize,
      input: config.inputs.map((tensor) => ({ ...configTensor(tensor), optional: tensor.optional })),
      output: config.outputs.map(configTensor),
      modelTransactionPolicy: { decoupled: false },
    },
  });
}

/** ModelStatistics */
export async function statisticsOverGrpc(
  context: OpenInferenceContext,
  message: Uint8Array,
): Promise<GrpcReply> {
  const request = parseMessage(ModelStatisticsRequestSchema, message);
  if (request instanceof Problem) return request;
  const statistics = await modelStatistics(context, request);
  if (statistics instanceof Problem) return statistics;
  return reply(ModelStatisticsResponseSchema, { modelStats: statistics.map(versionStatistics) });
}

function configTensor({ name, typeNumber, dims }: ConfigTensor): {
  name: string;
  dataType: number;
  dims: bigint[];
} {
  return { name, dataType: typeNumber, dims: dims.map(BigInt) };
}

function versionStatistics(counts: VersionStatistics): MessageInitShape<typeof ModelStatisticsSchema> {
  return {
    name: counts.model,
    version: String(counts.version),
    lastInference: BigInt(counts.lastInferenceMs),
    inferenceCount: BigInt(counts.inferences),
    executionCount: BigInt(counts.executions),
    inferenceStats: {
      success: duration(counts.success),
      fail: duration(counts.fail),
      queue: duration(counts.queue),
      computeInput: duration(counts.input),
      computeInfer: duration(counts.infer),
      computeOutput: duration(counts.output),
      cacheHit: {},
      cacheMiss: {},
    },
    batchStats: counts.batchSizes.map(({ rows, input, infer, output }) => ({
      batchSize: BigInt(rows),
      computeInput: duration(input),
      computeInfer: duration(infer),
      computeOutput: duration(output),
    })),
  };
}

function duration({ count, ns }: Duration): { count: bigint; ns: bigint } {
  return { count: BigInt(count), ns: BigInt(ns) };
}

function reply<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): GrpcReply {
  return [toBinary(schema, create(schema, init))];
}
