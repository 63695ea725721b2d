// The flags of `torchferry serve`: TensorFlow Serving's, every one of them, and our own.
// Source: tensorflow_serving/model_servers/main.cc. A flag that has no effect here is taken with a warning, so that a
// command line written for tensorflow_model_server starts this server unchanged.
// Not here: what the flags mean to the server (serve-options.ts).
import { InvalidArgumentError, Option } from "commander";
import { ENGINE_FLAG_NAMES } from "../engine-flags.ts";
import { CONVERT_FLAG_NAMES } from "./convert-flags.ts";

/** A port number, `off`, or `any` for a free one. */
export type Port = number | "off" | "any";

export interface ServeFlags {
  readonly model_name?: string;
  readonly model_base_path: string;
  readonly model_config_file: string;
  readonly model_config_file_poll_wait_seconds: number;
  readonly port: Port;
  readonly rest_api_port?: Port;
  readonly grpc_socket_path: string;
  readonly host?: string;
  readonly file_system_poll_wait_seconds: number;
  readonly rest_api_timeout_in_ms: number;
  readonly rest_api_enable_cors_support: boolean;
  readonly rest_api_enable_compression: boolean;
  readonly enable_batching: boolean;
  readonly batching_parameters_file: string;
  readonly enable_per_model_batching_parameters: boolean;
  readonly allow_version_labels_for_unavailable_models: boolean;
  readonly max_num_load_retries: number;
  readonly load_retry_interval_micros: number;
  readonly num_load_threads: number;
  readonly tensorflow_session_parallelism: number;
  readonly tensorflow_intra_op_parallelism: number;
  readonly tensorflow_inter_op_parallelism: number;
  readonly tensorflow_session_config_file: string;
  readonly saved_model_tags: string;
  readonly ssl_config_file: string;
  readonly rest_api_ssl_config_file: string;
  readonly use_alts_credentials: boolean;
  readonly grpc_channel_arguments: string;
  readonly enable_model_warmup: boolean;
  readonly enable_synthetic_warmup: boolean;
  readonly num_request_iterations_for_warmup: number;
  readonly monitoring_config_file: string;
  readonly enable_signature_method_name_check: boolean;
  readonly enable_grpc_healthcheck_service: boolean;
  readonly enable_serialization_as_tensor_content: boolean;
  readonly refuse_breaking_versions: boolean;
  readonly admin_on_serving_ports: boolean;
  readonly admin_port: Port;
  readonly admin_host: string;
  readonly admin_token_file: string;
  readonly drain_delay_ms: number;
  readonly drain_timeout_ms: number;
  readonly workers: number;
  readonly max_connections: number;
  readonly max_requests_in_flight: number;
  readonly header_timeout_ms: number;
  readonly receive_idle_timeout_ms: number;
  readonly rest_api_max_body_bytes: number;
  readonly grpc_max_message_bytes: number;
  readonly access_log: "off" | "errors" | "all";
  readonly access_log_sampling_rate: number;
  readonly request_log_prefix: string;
  readonly request_log_sampling_rate: number;
  readonly request_log_max_file_bytes: number;
  readonly request_log_max_file_records: number;
  readonly request_log_queue_bytes: number;
  readonly tf_serving_strict: boolean;
  readonly version: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

type Value = string | number | boolean;

interface Flag {
  readonly name: string;
  readonly default?: Value;
  readonly parse: (text: string) => Value;
  readonly help: string;
  /** Why it has no effect, of a flag that has none. */
  readonly ignored?: string;
  /** What help calls its value, or its default in words. */
  readonly value?: string;
}

const text = (name: string, value: string, help: string): Flag => ({
  name,
  value,
  help,
  default: "",
  parse: (given) => given,
});
const int = (name: string, fallback: number, help: string): Flag => ({
  name,
  value: "n",
  help,
  default: fallback,
  parse: parseInteger,
});
const number = (name: string, fallback: number, help: string): Flag => ({
  name,
  value: "n",
  help,
  default: fallback,
  parse: parseNumber,
});
const bool = (name: string, fallback: boolean, help: string): Flag => ({
  name,
  help,
  default: fallback,
  parse: parseBoolean,
});
const count = (name: string, fallback: number, help: string): Flag => ({
  ...int(name, fallback, help),
  parse: parseCount,
});
const share = (name: string, fallback: number, help: string): Flag => ({
  ...number(name, fallback, help),
  parse: parseShare,
});
const ignored = (flag: Flag, why: string): Flag => ({ ...flag, ignored: why });

const FLAGS: readonly Flag[] = [
  {
    name: "model_name",
    value: "name",
    help: "name in the URL; by default the file's or directory's",
    parse: same,
  },
  text("model_base_path", "directory", "directory that holds versions, in place of the argument"),
  text("model_config_file", "file", "the models to serve, as a ModelServerConfig in text form"),
  int("model_config_file_poll_wait_seconds", 0, "how often to read that file again; 0 for never"),
  {
    name: "port",
    value: "port",
    default: 8500,
    parse: parsePort,
    help: "gRPC port; 0 for none, any for a free one",
  },
  {
    name: "rest_api_port",
    value: "port",
    parse: parsePort,
    help: "REST port; 0 for none, any for a free one (default: 8501; none with --model_base_path or --model_config_file, as in TensorFlow Serving)",
  },
  text("grpc_socket_path", "path", "unix socket for gRPC, besides the port or with --port 0 alone"),
  { name: "host", value: "address", help: "address to listen on; by default all", parse: same },
  number("file_system_poll_wait_seconds", 1, "how often to look for new versions; 0 looks once"),
  number("rest_api_timeout_in_ms", 30_000, "how long a REST request may run; 0 for ever"),
  bool("rest_api_enable_cors_support", false, "let pages of other origins call"),
  bool("rest_api_enable_compression", false, "compress answers for clients that take gzip"),
  bool(
    "allow_version_labels_for_unavailable_models",
    false,
    "let new labels mean versions that are not there yet",
  ),
  bool("refuse_breaking_versions", false, "do not serve a version that breaks its predecessor's clients"),
  int("max_num_load_retries", 5, "tries to load a version after the first"),
  int("load_retry_interval_micros", 60_000_000, "between two tries; negative for no wait"),
  int("num_load_threads", 0, "models loaded at once; 0 for as many as there are cores"),
  int("tensorflow_session_parallelism", 0, "threads inside one run; 0 lets the engine choose"),
  int("tensorflow_intra_op_parallelism", 0, "likewise"),
  int("tensorflow_inter_op_parallelism", 0, "threads that run TensorFlow's operators beside each other"),
  text(
    "tensorflow_session_config_file",
    "file",
    "a ConfigProto in text form: threads, and for TensorFlow all that is in it",
  ),
  text("saved_model_tags", "tags", "the graph to serve, by its tags with commas between; by default serve's"),
  bool("enable_model_warmup", true, "replay a version's warm-up file before it serves"),
  bool(
    "enable_synthetic_warmup",
    true,
    "make up a request for each signature of a version without such a file",
  ),
  int("num_request_iterations_for_warmup", 0, "how often to replay each warm-up request, if more than 0"),
  bool("enable_batching", false, "run requests together"),
  text("batching_parameters_file", "file", "how, as BatchingParameters in text form"),
  bool("enable_per_model_batching_parameters", false, "take them from each version's batching_params.pbtxt"),
  text("monitoring_config_file", "file", "where metrics are served, as a MonitoringConfig in text form"),
  text("ssl_config_file", "file", "keys and certificates for gRPC, as an SSLConfig in text form"),
  text("rest_api_ssl_config_file", "file", "likewise for REST, which TensorFlow Serving cannot encrypt"),
  text("grpc_channel_arguments", "list", "such as grpc.max_connection_age_ms=2000, with commas between"),
  bool("enable_signature_method_name_check", false, "refuse signatures whose method name is another"),
  bool("enable_grpc_healthcheck_service", false, "grpc.health.v1, which is always served here"),
  bool("enable_serialization_as_tensor_content", false, "answer with tensors as bytes, which is faster"),
  bool("admin_on_serving_ports", false, "serve calls that change something beside those that do not"),
  {
    name: "admin_port",
    value: "port",
    default: "off",
    parse: parsePort,
    help: "port for those calls, REST and gRPC; 0 for none, any for a free one",
  },
  {
    name: "admin_host",
    value: "address",
    default: "127.0.0.1",
    parse: same,
    help: "address of that port; any but loopback needs --admin_token_file",
  },
  text("admin_token_file", "file", "secrets that those calls must carry one of, one a line"),
  count("drain_delay_ms", 0, "how long to go on taking requests after SIGTERM, while /readyz already fails"),
  count("drain_timeout_ms", 25_000, "how long requests in flight may take to end after that"),
  {
    ...count(
      "workers",
      1,
      "threads that speak the protocols, around one copy of the models; 1 is none besides the main one",
    ),
    parse: parseWorkers,
  },
  count("max_connections", 0, "connections that each port holds; 0 for no limit"),
  count("max_requests_in_flight", 0, "requests worked on at once; more are refused; 0 for no limit"),
  count("header_timeout_ms", 20_000, "how long a client may take for a request's headers; 0 for ever"),
  count(
    "receive_idle_timeout_ms",
    30_000,
    "how long a client may pause while it sends a request; 0 for ever",
  ),
  count("rest_api_max_body_bytes", 16 * 2 ** 30, "the largest body of a REST request"),
  count("grpc_max_message_bytes", 2 ** 31 - 1, "the largest message of a gRPC call"),
  {
    name: "access_log",
    value: "off|errors|all",
    default: "off",
    parse: parseAccessLog,
    help: "log a line for each request, or for those that fail",
  },
  share("access_log_sampling_rate", 1, "share of the requests that succeed which are logged, from 0 to 1"),
  text("request_log_prefix", "path", "write requests and answers to files whose names begin so"),
  share("request_log_sampling_rate", 1, "share of the requests that are written, from 0 to 1"),
  count("request_log_max_file_bytes", 2 ** 28, "begin another file when one has this size"),
  count("request_log_max_file_records", 0, "or this many records; 0 for any number"),
  count("request_log_queue_bytes", 2 ** 26, "what may wait to be written; more is not written, and counted"),
  bool("tf_serving_strict", false, "do as TensorFlow Serving does where we do otherwise on purpose"),
  bool("version", false, "print the version and end"),
  ignored(int("rest_api_num_threads", 0, ""), "one event loop serves all connections"),
  ignored(int("grpc_max_threads", 0, ""), "one event loop serves all connections"),
  ignored(int("num_unload_threads", 0, ""), "models are unloaded as soon as no request holds them"),
  ignored(bool("flush_filesystem_caches", true, ""), "weights are mapped, not cached twice"),
  ignored(bool("use_alts_credentials", false, ""), "ALTS is there on Google's own machines only"),
  ignored(text("platform_config_file", "file", ""), "there is one platform, tensorflow"),
  ignored(number("per_process_gpu_memory_fraction", 0, ""), "models run on the CPU"),
  ignored(bool("remove_unused_fields_from_bundle_metagraph", true, ""), "graphs are not kept in memory"),
  ignored(bool("prefer_tflite_model", false, ""), "TensorFlow Lite models are not read"),
  ignored(int("num_tflite_pools", 0, ""), "TensorFlow Lite models are not read"),
  ignored(int("num_tflite_interpreters_per_pool", 1, ""), "TensorFlow Lite models are not read"),
  ignored(bool("xla_cpu_compilation_enabled", false, ""), "there is no XLA"),
  ignored(bool("xla_gpu_compilation_enabled", false, ""), "there is no XLA"),
  ignored(bool("enable_profiler", true, ""), "there is no TensorFlow profiler"),
  ignored(text("thread_pool_factory_config_file", "file", ""), "the engine has its own threads"),
  ignored(text("mixed_precision", "mode", ""), "models run in the precision they have"),
  ignored(bool("skip_initialize_tpu", false, ""), "there is no TPU"),
];

const BOOLEANS = new Set(FLAGS.filter((flag) => flag.value === undefined).map((flag) => flag.name));
const KNOWN = new Set([
  ...FLAGS.map((flag) => flag.name),
  ...ENGINE_FLAG_NAMES,
  ...CONVERT_FLAG_NAMES,
  "input",
  "json",
  "verbose",
  "help",
]);

/** The options of commander. Those without an effect are not shown in help. */
export function flagOptions(): readonly Option[] {
  return FLAGS.map((flag) => {
    // A value that may be left out stands in brackets; `explicitBooleans` has put it there by then.
    const option = new Option(`--${flag.name} ${flag.value ? `<${flag.value}>` : "[bool]"}`, flag.help);
    if (flag.default !== undefined) option.default(flag.default, flag.default === "" ? "none" : undefined);
    option.argParser((given) => flag.parse(given));
    return flag.ignored === undefined ? option : option.hideHelp();
  });
}

/** Warnings about flags that were given and have no effect. */
export function ignoredFlags(flags: object): readonly string[] {
  const given = new Map<string, unknown>(Object.entries(flags));
  return FLAGS.flatMap(({ name, ignored: why, default: fallback }) =>
    why !== undefined && given.get(name) !== fallback ? [`--${name} has no effect: ${why}`] : [],
  );
}

/**
 * TensorFlow's `--flag` without a value is `--flag=true`, whatever stands after it. Unknown flags are an error, as
 * anywhere; with --tf_serving_strict they are left out, as TensorFlow Serving goes on without them.
 */
export function serveArguments(args: readonly string[]): {
  readonly args: readonly string[];
  readonly unknown: readonly string[];
} {
  const strict = args.some((arg) => /^--tf_serving_strict(=true)?$/.test(arg));
  const isUnknown = (arg: string): boolean =>
    strict && /^--\w/.test(arg) && !KNOWN.has(arg.slice(2).split("=")[0] ?? "");
  return {
    args: args
      .filter((arg) => !isUnknown(arg))
      .map((arg) => (arg.startsWith("--") && BOOLEANS.has(arg.slice(2)) ? `${arg}=true` : arg)),
    unknown: args.filter(isUnknown),
  };
}

function same(given: string): string {
  return given;
}

function parseBoolean(given: string): boolean {
  if (given === "true" || given === "false") return given === "true";
  throw new InvalidArgumentError("true or false is wanted.");
}

function parseNumber(given: string): number {
  const value = Number(given);
  if (given.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("A number is wanted.");
  return value;
}

function parseInteger(given: string): number {
  const value = parseNumber(given);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("A whole number is wanted.");
  return value;
}

function parseCount(given: string): number {
  const value = parseInteger(given);
  if (value < 0) throw new InvalidArgumentError("A whole number from 0 on is wanted.");
  return value;
}

/** More threads than this would wait for each other. */
const MAX_WORKERS = 64;

function parseWorkers(given: string): number {
  const value = parseInteger(given);
  if (value < 1 || value > MAX_WORKERS) {
    throw new InvalidArgumentError(`A whole number from 1 to ${MAX_WORKERS} is wanted.`);
  }
  return value;
}

function parseShare(given: string): number {
  const value = parseNumber(given);
  if (value < 0 || value > 1) throw new InvalidArgumentError("A number from 0 to 1 is wanted.");
  return value;
}

function parseAccessLog(given: string): string {
  if (given === "off" || given === "errors" || given === "all") return given;
  throw new InvalidArgumentError("off, errors or all is wanted.");
}

function parsePort(given: string): Port {
  if (given === "any") return "any";
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65_535) {
    throw new InvalidArgumentError("A number from 0 to 65535, or any, is wanted.");
  }
  return port === 0 ? "off" : port;
}
