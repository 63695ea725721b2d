// What is wrong with a server's configuration. Sentences of TensorFlow Serving are kept word for word: scripts match them.
// Source: https://github.com/tensorflow/serving (model_servers/server.cc, server_core.cc, util/proto_util.h).
import type { ErrorRow } from "./row.ts";

const INVALID = { exit: 1, http: 400, grpc: 3 } as const;
const PRECONDITION = { exit: 1, http: 400, grpc: 9 } as const;

export const SERVING_CONFIGURATION_ERRORS = {
  CONFIG_UNPARSABLE: {
    ...INVALID,
    text: "Invalid protobuf file: '{file}': Error parsing text-format {message}: {line}: {reason}",
  },
  CONFIG_UNREADABLE: { ...INVALID, text: "Invalid protobuf file: '{file}': it cannot be read: {reason}" },
  CONFIG_MODEL_TWICE: { ...INVALID, text: "Illegal to list model {model} multiple times in config list" },
  CONFIG_RELATIVE_PATH: {
    ...INVALID,
    text: "Expected model {model} to have an absolute path or URI; got base_path()={path}",
  },
  CONFIG_REMOTE_PATH: {
    ...INVALID,
    text: "Model {model}: the base path {path} is a URI; only directories of this machine are served: mount it, or copy it",
  },
  CONFIG_NO_PLATFORM: {
    ...INVALID,
    text: "Illegal setting neither ModelServerConfig::model_type (deprecated) nor ModelServerConfig::model_platform, model name is {model}",
  },
  CONFIG_TWO_PLATFORMS: {
    ...INVALID,
    text: "Illegal setting both ModelServerConfig::model_type (deprecated) and ModelServerConfig::model_platform, model name is {model}",
  },
  CONFIG_MODEL_TYPE: { ...INVALID, text: "ModelServerConfig::model_type choice {type} not supported." },
  CONFIG_UNKNOWN_PLATFORM: { ...INVALID, text: "Model {model} requests unsupported platform {platform}" },
  CONFIG_PLATFORM_CHANGED: {
    ...INVALID,
    text: "Illegal to change a model's platform. For model {model} platform was {before} and new platform requested is {after}",
  },
  CONFIG_NOT_A_LIST: {
    ...PRECONDITION,
    text: "Cannot transition to requested config. It is only legal to transition from one ModelConfigList to another.",
  },
  CONFIG_CUSTOM: { ...INVALID, text: "ModelServer does not yet support custom model config." },
  CONFIG_LABEL_UNAVAILABLE: {
    ...PRECONDITION,
    text: "Request to assign label to version {version} of model {model}, which is not currently available for inference",
  },
  CONFIG_LOGGING: { ...INVALID, text: "No request-logger-creator provided." },
  RELOAD_NOT_A_LIST: {
    ...INVALID,
    text: "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported",
  },
  RELOAD_REFUSED: { ...INVALID, text: "{reasons}" },
  RELOAD_MODELS_UNAVAILABLE: {
    exit: 1,
    http: 500,
    grpc: 2,
    text: "{count} model(s) did not become available: {reasons}",
  },
  BATCHING_ALLOWED_SIZES: {
    ...INVALID,
    text: "Last entry in allowed_batch_sizes must match max_batch_size; last entry was {last}; expected {expected}",
  },
  BATCHING_NOT_INCREASING: {
    ...INVALID,
    text: "allowed_batch_sizes entries must be monotonically increasing",
  },
  BATCHING_NOT_POSITIVE: { ...INVALID, text: "{name} must be positive; was {value}" },
  BATCHING_NEGATIVE: { ...INVALID, text: "{name} must be non-negative; was {value}" },
  BATCHING_EXECUTION_SIZE: {
    ...INVALID,
    text: "When enable_large_batch_splitting is true, input_batch_size_limit must be greater than or equal to max_execution_batch_size. {limit} {execution}",
  },
  TLS_NO_CERTIFICATE: {
    ...INVALID,
    text: "{file}: server_key and server_cert are both needed, as PEM text; {missing} is empty",
  },
  TLS_REFUSED: {
    ...INVALID,
    text: "{file}: the key and the certificates cannot be used ({reason}); they must be PEM text with its line ends as \\n",
  },
} as const satisfies Record<string, ErrorRow>;
