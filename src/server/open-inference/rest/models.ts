// What is asked of the server and of models over REST, but inference: metadata, health, configuration, statistics.
// Layouts: https://github.com/kserve/open-inference-protocol, Triton's extension_model_configuration.md and
// extension_statistics.md. Bodies of health are KServe's; the protocol asks for the status alone.
import { Problem } from "../../../core/errors.ts";
import type { Duration, VersionStatistics } from "../../predict/statistics.ts";
import { jsonResponse, type RestResponse } from "../../rest/message.ts";
import type { OpenInferenceContext } from "../context.ts";
import {
  type ConfigTensor,
  EXTENSIONS,
  modelConfiguration,
  modelMetadata,
  SERVER_NAME,
} from "../metadata.ts";
import { modelStatistics } from "../model-statistics.ts";
import { type ModelName, whyNotReady } from "../models.ts";
import { errorResponse } from "./errors.ts";

/** GET /v2 */
export function serverOverRest({ serverVersion }: OpenInferenceContext): RestResponse {
  return json({ name: SERVER_NAME, version: serverVersion, extensions: EXTENSIONS });
}

/** GET /v2/health/live */
export function liveOverRest(): RestResponse {
  return json({ live: true });
}

/** GET /v2/health/ready: 503 until a model can be asked, and from the moment the server drains. */
export function readyOverRest({ health }: OpenInferenceContext): RestResponse {
  const ready = health.state === "serving";
  return json({ ready }, ready ? 200 : 503);
}

/** GET /v2/models: KServe's list. */
export function modelsOverRest({ models }: OpenInferenceContext): RestResponse {
  return json({ models: models.names });
}

/** GET /v2/models/M[/versions/V] */
export function metadataOverRest(context: OpenInferenceContext, model: ModelName): RestResponse {
  const metadata = modelMetadata(context, model);
  return metadata instanceof Problem ? errorResponse(metadata) : json(metadata);
}

/** GET /v2/models/M[/versions/V]/ready: 404 for a model that there is not, 503 for one that is being loaded. */
export function modelReadyOverRest({ models }: OpenInferenceContext, model: ModelName): RestResponse {
  const reason = whyNotReady(models, model);
  return reason ? errorResponse(reason) : json({ name: model.name, ready: true });
}

/** GET /v2/models/M[/versions/V]/config */
export function configOverRest(context: OpenInferenceContext, model: ModelName): RestResponse {
  const config = modelConfiguration(context, model);
  if (config instanceof Problem) return errorResponse(config);
  return json({
    name: config.name,
    platform: config.platform,
    backend: config.backend,
    version_policy: { all: {} },
    max_batch_size: config.maxBatchSize,
    input: config.inputs.map((tensor) => ({ ...configTensor(tensor), optional: tensor.optional })),
    output: config.outputs.map(configTensor),
    model_transaction_policy: { decoupled: false },
  });
}

/** GET /v2/models/stats, GET /v2/models/M[/versions/V]/stats */
export async function statisticsOverRest(
  context: OpenInferenceContext,
  model: ModelName,
): Promise<RestResponse> {
  const statistics = await modelStatistics(context, model);
  if (statistics instanceof Problem) return errorResponse(statistics);
  return json({ model_stats: statistics.map(versionStatistics) });
}

function configTensor({ name, typeName, dims }: ConfigTensor): object {
  return { name, data_type: typeName, dims };
}

const NONE = { count: 0, ns: 0 };

function versionStatistics(counts: VersionStatistics): object {
  return {
    name: counts.model,
    version: String(counts.version),
    last_inference: counts.lastInferenceMs,
    inference_count: counts.inferences,
    execution_count: counts.executions,
    inference_stats: {
      success: duration(counts.success),
      fail: duration(counts.fail),
      queue: duration(counts.queue),
      compute_input: duration(counts.input),
      compute_infer: duration(counts.infer),
      compute_output: duration(counts.output),
      cache_hit: NONE,
      cache_miss: NONE,
    },
    response_stats: {},
    batch_stats: counts.batchSizes.map(({ rows, input, infer, output }) => ({
      batch_size: rows,
      compute_input: duration(input),
      compute_infer: duration(infer),
      compute_output: duration(output),
    })),
    memory_usage: [],
  };
}

function duration({ count, ns }: Duration): Duration {
  return { count, ns };
}

function json(value: unknown, status = 200): RestResponse {
  return jsonResponse(status, JSON.stringify(value));
}
