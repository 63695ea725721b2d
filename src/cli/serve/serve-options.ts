// What the flags of `torchferry serve` mean to the server, with the files they name read.
// Rules and messages: TensorFlow Serving's server.cc. Everything that is wrong is told at once.
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import {
  BatchingParametersSchema,
  ModelServerConfigSchema,
  MonitoringConfigSchema,
  SSLConfigSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem, problem, raise } from "../../core/errors.ts";
import { readTokens } from "../../server/admin/guard.ts";
import { batchingOptions, DEFAULT_BATCHING } from "../../server/configuration/batching-parameters.ts";
import { areModels, modelConfigurations } from "../../server/configuration/model-configuration.ts";
import { monitoringOptions } from "../../server/configuration/monitoring.ts";
import { type TlsOptions, tlsOptions } from "../../server/configuration/tls.ts";
import { readConfigFile, readConfigText } from "../../server/node/config-file.ts";
import type { ChannelOptions } from "../../server/node/http2.ts";
import type { ServedModel, ServeOptions } from "../../server/node/serve-options.ts";
import type { ServeFlags } from "./flags.ts";
import type { Log } from "./log.ts";

/** All but the models, ports, engine and log. Throws every reason at once. */
export async function serveOptions(
  flags: ServeFlags,
  log: Log,
): Promise<Omit<ServeOptions, "models" | "engine" | "log">> {
  const problems = flagConflicts(flags);
  const keep = <T>(result: T | Problem | readonly Problem[]): T | undefined => {
    if (result instanceof Problem) problems.push(result);
    else if (Array.isArray(result) && result[0] instanceof Problem) problems.push(...result);
    else return result as T; // neither a problem nor a list of them
    return undefined;
  };
  const batching = keep(await batchingOf(flags));
  const monitoring = keep(await monitoringOf(flags));
  const grpcTls = keep(await tlsOf(flags.ssl_config_file));
  const restTls = keep(await tlsOf(flags.rest_api_ssl_config_file));
  const adminTokens = keep<readonly string[] | undefined>(await tokensOf(flags.admin_token_file));
  raise(problems);
  return {
    fileSystemPollWaitSeconds: flags.file_system_poll_wait_seconds,
    ...(flags.model_config_file === ""
      ? {}
      : {
          modelConfigFile: {
            path: flags.model_config_file,
            pollWaitSeconds: flags.model_config_file_poll_wait_seconds,
          },
        }),
    restApiTimeoutMs: flags.rest_api_timeout_in_ms,
    maxLoadRetries: Math.max(0, flags.max_num_load_retries),
    loadRetryIntervalMs: Math.max(0, flags.load_retry_interval_micros / 1000),
    numLoadThreads: flags.num_load_threads,
    intraOpThreads: flags.tensorflow_intra_op_parallelism || flags.tensorflow_session_parallelism,
    enableCors: flags.rest_api_enable_cors_support,
    compressRest: flags.rest_api_enable_compression,
    allowLabelsForUnavailable: flags.allow_version_labels_for_unavailable_models,
    refuseBreakingVersions: flags.refuse_breaking_versions,
    checkMethodNames: flags.enable_signature_method_name_check,
    tensorContent: flags.enable_serialization_as_tensor_content,
    ...(flags.enable_model_warmup
      ? {
          warmUp: {
            iterations: Math.max(1, flags.num_request_iterations_for_warmup),
            synthetic: flags.enable_synthetic_warmup && !flags.tf_serving_strict,
          },
        }
      : {}),
    batching,
    monitoring,
    grpcTls,
    restTls,
    grpcChannel: channelOptions(flags.grpc_channel_arguments, log),
    adminOnServingPorts: flags.admin_on_serving_ports,
    strict: flags.tf_serving_strict,
    healthService: flags.enable_grpc_healthcheck_service || !flags.tf_serving_strict,
    grpcSocketPath: flags.grpc_socket_path || undefined,
    adminTokens,
    ...operationOptions(flags),
  };
}

/** How much is taken, how the server ends, and what it logs. */
function operationOptions(flags: ServeFlags): Partial<ServeOptions> {
  const { admin_port: admin, access_log: what, access_log_sampling_rate: samplingRate } = flags;
  return {
    adminPort: admin === "off" ? undefined : admin === "any" ? 0 : admin,
    adminHost: flags.admin_host,
    drainDelayMs: flags.drain_delay_ms,
    drainMs: flags.drain_timeout_ms,
    workers: flags.workers,
    maxConnections: flags.max_connections,
    maxRequestsInFlight: flags.max_requests_in_flight,
    headerTimeoutMs: flags.header_timeout_ms,
    receiveIdleMs: flags.receive_idle_timeout_ms,
    maxBodyBytes: flags.rest_api_max_body_bytes,
    maxMessageBytes: flags.grpc_max_message_bytes,
    requestLog: {
      maxFileBytes: flags.request_log_max_file_bytes,
      maxFileRecords: flags.request_log_max_file_records,
      queueBytes: flags.request_log_queue_bytes,
      everyModel:
        flags.request_log_prefix === ""
          ? undefined
          : { prefix: flags.request_log_prefix, samplingRate: flags.request_log_sampling_rate },
    },
    accessLog: what === "off" ? undefined : { what, samplingRate },
  };
}

async function tokensOf(file: string): Promise<readonly string[] | Problem | undefined> {
  const text = file === "" ? undefined : await readConfigText(file);
  return text === undefined || text instanceof Problem ? text : readTokens(file, text);
}

/** The models of --model_config_file. Throws every reason at once. */
export async function configuredModels(file: string, log: Log): Promise<readonly ServedModel[]> {
  const config = await readConfigFile(ModelServerConfigSchema, file);
  if (config instanceof Problem) {
    raise([config]);
    return [];
  }
  const models = modelConfigurations(config);
  if (!models) {
    log("info", "Taking no action for empty config.");
    return [];
  }
  if (areModels(models)) return models;
  raise(models);
  return [];
}

function flagConflicts(flags: ServeFlags): Problem[] {
  const problems: Problem[] = [];
  const refuse = (message: string): void => void problems.push(problem("USAGE", { message }));
  const { tensorflow_session_parallelism: all, tensorflow_intra_op_parallelism: intra } = flags;
  if (all > 0 && intra > 0 && flags.tensorflow_inter_op_parallelism > 0) {
    refuse(
      "Either configure server_options.tensorflow_session_parallelism or (server_options.tensorflow_intra_op_parallelism, server_options.tensorflow_inter_op_parallelism) separately. You cannot configure all.",
    );
  }
  if (flags.batching_parameters_file !== "" && !flags.enable_batching) {
    refuse(
      "server_options.batching_parameters_file is set without setting server_options.enable_batching to true.",
    );
  }
  if (flags.use_alts_credentials && flags.ssl_config_file !== "") {
    refuse("Either use_alts_credentials must be false or ssl_config_file must be empty.");
  }
  return problems;
}

async function readOptional<Desc extends DescMessage>(
  schema: Desc,
  file: string,
): Promise<MessageShape<Desc> | Problem | undefined> {
  return file === "" ? undefined : readConfigFile(schema, file);
}

async function batchingOf(
  flags: ServeFlags,
): Promise<ServeOptions["batching"] | Problem | readonly Problem[]> {
  if (!flags.enable_batching) return undefined;
  const perModel = flags.enable_per_model_batching_parameters;
  const message = await readOptional(BatchingParametersSchema, flags.batching_parameters_file);
  if (message === undefined) return { options: DEFAULT_BATCHING, perModel };
  if (message instanceof Problem) return message;
  const options = batchingOptions(message);
  return "maxBatchSize" in options ? { options, perModel } : options;
}

async function monitoringOf(flags: ServeFlags): Promise<ServeOptions["monitoring"] | Problem> {
  const message = await readOptional(MonitoringConfigSchema, flags.monitoring_config_file);
  return message === undefined || message instanceof Problem ? message : monitoringOptions(message);
}

async function tlsOf(file: string): Promise<TlsOptions | Problem | undefined> {
  const message = await readOptional(SSLConfigSchema, file);
  return message === undefined || message instanceof Problem ? message : tlsOptions(message, file);
}

/** `key=value,key=value`; what is not known is told and left out, as gRPC does it. */
function channelOptions(list: string, log: Log): ChannelOptions {
  const given = new Map<string, number>();
  for (const one of list.split(",").filter((part) => part !== "")) {
    const [key = "", value = ""] = one.split("=");
    if (CHANNEL_ARGUMENTS.has(key) && /^\d{1,10}$/.test(value)) given.set(key, Number(value));
    else log("warn", `--grpc_channel_arguments: ${one} has no effect`);
  }
  const age = given.get("grpc.max_connection_age_ms");
  const grace = given.get("grpc.max_connection_age_grace_ms");
  const streams = given.get("grpc.max_concurrent_streams");
  return {
    ...(age === undefined ? {} : { maxConnectionAgeMs: age }),
    ...(grace === undefined ? {} : { maxConnectionAgeGraceMs: grace }),
    ...(streams === undefined ? {} : { maxConcurrentStreams: streams }),
  };
}

const CHANNEL_ARGUMENTS: ReadonlySet<string> = new Set([
  "grpc.max_connection_age_ms",
  "grpc.max_connection_age_grace_ms",
  "grpc.max_concurrent_streams",
]);
