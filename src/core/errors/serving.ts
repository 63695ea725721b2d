// What a server answers with. Sentences of TensorFlow Serving are kept word for word: clients match on them.
// Source: https://github.com/tensorflow/serving (model_servers/, util/json_tensor.cc, servables/tensorflow/predict_util.cc).
import type { ErrorRow } from "./row.ts";

export const SERVING_ERRORS = {
  // Which model, version and signature is meant.
  MODEL_NOT_FOUND: { exit: 1, http: 404, grpc: 5, text: "Servable not found for request: {request}" },
  MODEL_SPEC_MISSING: { exit: 1, http: 400, grpc: 3, text: "Missing ModelSpec" },
  MODEL_SPEC_UNNAMED: { exit: 1, http: 400, grpc: 3, text: "ModelSpec has no name specified." },
  LABEL_UNKNOWN: { exit: 1, http: 400, grpc: 3, text: "Unrecognized servable version label: {label}" },
  STATUS_NO_VERSION: {
    exit: 1,
    http: 404,
    grpc: 5,
    text: "Could not find version {version} of model {model}",
  },
  STATUS_NO_MODEL: { exit: 1, http: 404, grpc: 5, text: "Could not find any versions of model {model}" },
  SIGNATURE_NOT_FOUND: {
    exit: 1,
    http: 400,
    grpc: 9,
    text: 'Serving signature key "{signature}" not found.',
  },
  REST_SIGNATURE_NOT_FOUND: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: 'Serving signature name: "{signature}" not found in signature def',
  },
  SIGNATURE_WITHOUT_INPUTS: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Failed to get input map for signature: {signature}",
  },
  METADATA_NO_FIELD: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "GetModelMetadataRequest must specify at least one metadata_field",
  },
  METADATA_UNKNOWN_FIELD: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Metadata field {field} is not supported",
  },

  // Inputs and outputs of a prediction.
  INPUT_COUNT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input size does not match signature: {sentCount}!={wantedCount} len({sent}) != len({wanted}). Sent extra: {extra}. Missing but required: {missing}.",
  },
  INPUT_MISSING: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Signature input alias: {input}(feed name: {feed}) not found in request and no default value provided. Inputs expected to be in the request {sent}, or default input alias set: {defaults}",
  },
  INPUT_WRONG_DTYPE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "{input}: Expects arg[{index}] to be {wanted} but {found} is provided",
  },
  INPUT_REFUSED: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "{input}: shape {found} does not fit the signature's {wanted}; the engine said: {reason}",
  },
  TENSOR_UNPARSABLE: { exit: 1, http: 400, grpc: 3, text: "tensor parsing error: {input}" },
  OUTPUT_UNKNOWN: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "output tensor alias not found in signature: {output} Outputs expected to be in the set {outputs}.",
  },
  OUTPUT_DUPLICATE: { exit: 1, http: 400, grpc: 3, text: "duplicate output tensor alias: {output}" },
  PREDICT_TIMED_OUT: { exit: 1, http: 504, grpc: 4, text: "Timed out waiting for notification" },
  PREDICT_CANCELLED: { exit: 1, http: 499, grpc: 1, text: "The client gave up waiting" },

  // Finding, loading and unloading.
  BASE_PATH_NOT_FOUND: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Could not find base path {path} for servable {model} with error {reason}",
  },
  NO_VERSIONS: {
    exit: 1,
    http: 404,
    grpc: 5,
    text: "No versions of servable {model} found under base path {path}. Did you forget to name your leaf directory as a number (eg. '/1/')?",
  },
  VERSION_NOT_WHOLE: { exit: 1, http: 503, grpc: 14, text: "{reason}" },
  VERSION_BREAKS: {
    exit: 1,
    http: 500,
    grpc: 9,
    text: "{servable} breaks the clients of version {before}: {reasons}; serve it under another name, or without --refuse_breaking_versions",
  },
  LOAD_FAILED: {
    exit: 1,
    http: 500,
    grpc: 2,
    text: "Loading servable: {servable} failed: {reason}",
  },
  WARMUP_UNPARSABLE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Failed to parse warmup record: {record} from {path}",
  },
  WARMUP_TOO_MANY: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Number of warmup records exceeds the maximum ({limit}) at {path}",
  },
  WARMUP_DATA_LOSS: {
    exit: 1,
    http: 500,
    grpc: 15,
    text: "{path}: {reason}. Please verify your warmup data is in TFRecord format.",
  },
  WARMUP_LOG_TYPE: { exit: 1, http: 501, grpc: 12, text: "Unsupported log_type for warmup: {type}" },
  LOAD_CANCELLED: { exit: 1, http: 499, grpc: 1, text: "Loading of servable cancelled" },
  MODELS_UNAVAILABLE: {
    exit: 1,
    http: 503,
    grpc: 2,
    text: "{count} servable(s) did not become available: {reasons}",
  },

  // The server itself.
  PORT_IN_USE: {
    exit: 1,
    http: 500,
    grpc: 13,
    text: "{host}:{port}: another program listens there already; stop it, or choose another port",
  },
  PORT_DENIED: {
    exit: 1,
    http: 500,
    grpc: 7,
    text: "{host}:{port}: this user may not listen there; ports from 1024 on need no privilege",
  },
  LISTEN_FAILED: {
    exit: 1,
    http: 500,
    grpc: 13,
    text: "{host}:{port}: cannot listen there ({reason}); check the host and the port",
  },
  SOCKET_FAILED: {
    exit: 1,
    http: 500,
    grpc: 13,
    text: "{path}: cannot listen there ({reason}); give a path whose directory can be written to",
  },
  SERVER_DRAINING: { exit: 1, http: 503, grpc: 14, text: "The server is shutting down; ask another one" },
  HEALTH_UNKNOWN_SERVICE: { exit: 1, http: 404, grpc: 5, text: "unknown service {service}" },
  SERVER_INTERNAL: { exit: 1, http: 500, grpc: 13, text: "Internal error: {reason}" },

  // REST: the address.
  REST_MALFORMED: { exit: 1, http: 400, grpc: 3, text: "Malformed request: {method} {path}" },
  REST_NO_MODEL_NAME: { exit: 1, http: 400, grpc: 3, text: "Missing model name in request." },
  REST_BAD_VERSION: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Failed to convert version: {version} to numeric.",
  },
  REST_BODY_TOO_LARGE: {
    exit: 1,
    http: 413,
    grpc: 8,
    text: "The request body is larger than {limit} bytes (maxBodyBytes); send fewer instances a request",
  },
  REST_BODY_CUT_OFF: { exit: 1, http: 400, grpc: 3, text: "The request body ended before it was complete" },

  // REST: the body.
  JSON_EMPTY: { exit: 1, http: 400, grpc: 3, text: "JSON Parse error: The document is empty" },
  JSON_SYNTAX: { exit: 1, http: 400, grpc: 3, text: "JSON Parse error: {reason} at offset: {offset}" },
  JSON_NOT_OBJECT: { exit: 1, http: 400, grpc: 3, text: "JSON Value: {value} Is not object" },
  JSON_SIGNATURE_NAME: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "JSON Value: {value} not formatted correctly. 'signature_name' key must be a string value.",
  },
  JSON_NO_TENSORS: { exit: 1, http: 400, grpc: 3, text: "Missing 'inputs' or 'instances' key" },
  JSON_BOTH_KEYS: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "JSON Value: {value} Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ",
  },
  JSON_INSTANCES_NO_LIST: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "JSON Value: {value} Expecting 'instances' to be an list/array",
  },
  JSON_INSTANCES_EMPTY: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "JSON Value: {value} No values in 'instances' array",
  },
  JSON_PLAIN_INSTANCES: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map",
  },
  JSON_PLAIN_INPUTS: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map",
  },
  JSON_OBJECT_EXPECTED: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Expecting object but got list at item {index} of input list",
  },
  JSON_VALUE_EXPECTED: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Expecting value/list but got object at item {index} of input list",
  },
  JSON_ELEMENT_KEYS: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Failed to process element: {index} of 'instances' list. JSON object: {value} keys must be equal to: {keys}",
  },
  JSON_ELEMENT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Failed to process element: {index} of 'instances' list. Error: {status}: {reason}",
  },
  JSON_ELEMENT_KEY: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Failed to process element: {index} key: {key} of 'instances' list. Error: {status}: {reason}",
  },
  JSON_NO_SUCH_INPUT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "JSON object: does not have named input: {key}",
  },
  JSON_MISSING_INPUT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Missing named input: {key} in 'inputs' object.",
  },
  JSON_VALUE_TYPE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "JSON Value: {value} Type: {type} is not of expected type: {dtype}",
  },
  JSON_BASE64_OBJECT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "JSON Value: {value} not formatted correctly for base64 data",
  },
  JSON_BASE64: { exit: 1, http: 400, grpc: 3, text: "Unable to base64 decode" },
  JSON_DTYPE_UNSUPPORTED: {
    exit: 1,
    http: 501,
    grpc: 12,
    text: "Conversion of JSON Value: {value} to type: {dtype}",
  },
  JSON_LIST_SIZE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Encountered list at unexpected size: {size} at level: {level} expected size: {expected}",
  },
  JSON_LIST_LEVEL: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Encountered list at unexpected level: {level} expected < {rank}",
  },
  JSON_VALUE_LEVEL: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "JSON Value: {value} found at incorrect level: {level} in the JSON DOM. Expected at level: {rank}",
  },
  JSON_TENSOR_SIZE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Expecting tensor size: {expected} but got: {size}",
  },
  JSON_TENSOR_SHAPE: { exit: 1, http: 400, grpc: 3, text: "Expecting shape {expected} but got: {shape}" },
  JSON_RANK_TOO_HIGH: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "A tensor is nested more than {limit} lists deep (maxRank)",
  },
  JSON_OUTPUT_NO_BATCH: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Tensor name: {output} has no shape information ",
  },
  JSON_OUTPUT_BATCH: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Tensor name: {output} has inconsistent batch size: {size} expecting: {expected}",
  },
  JSON_OUTPUT_DTYPE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Failed to write JSON value for tensor type: {dtype}",
  },
  JSON_NO_OUTPUTS: { exit: 1, http: 400, grpc: 3, text: "Cannot convert empty tensor map to JSON" },

  // gRPC: the call.
  GRPC_UNKNOWN_METHOD: { exit: 1, http: 404, grpc: 12, text: "{method} is not served here" },
  GRPC_MESSAGE_TOO_LARGE: {
    exit: 1,
    http: 413,
    grpc: 8,
    text: "Received message larger than max ({size} vs. {limit})",
  },
  GRPC_ENCODING: {
    exit: 1,
    http: 415,
    grpc: 12,
    text: "grpc: message encoding {encoding} is not supported; use gzip, deflate or identity",
  },
  GRPC_UNPARSABLE: { exit: 1, http: 400, grpc: 13, text: "The request is not a {message}: {reason}" },
  GRPC_TOO_MANY_MESSAGES: {
    exit: 1,
    http: 429,
    grpc: 8,
    text: "More than {limit} messages of this call wait for their answers; read some first",
  },
  GRPC_NO_MESSAGE: {
    exit: 1,
    http: 400,
    grpc: 13,
    text: "A unary call needs exactly one message, {count} came",
  },
} as const satisfies Record<string, ErrorRow>;
