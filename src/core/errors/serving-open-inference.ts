// What the Open Inference Protocol answers with. Statuses are those that Triton's clients know.
// Source: https://github.com/kserve/open-inference-protocol, https://github.com/triton-inference-server/server.
import type { ErrorRow } from "./row.ts";

export const OPEN_INFERENCE_ERRORS = {
  // Which model is meant, and which question.
  OIP_NO_MODEL: {
    exit: 1,
    http: 404,
    grpc: 5,
    text: "Request for unknown model: '{model}' is not found",
  },
  OIP_NO_VERSION: {
    exit: 1,
    http: 404,
    grpc: 5,
    text: "Request for unknown model: '{model}' version {version} is not found",
  },
  OIP_MODEL_NOT_READY: { exit: 1, http: 503, grpc: 14, text: "Model '{model}' is not ready: {reason}" },
  OIP_BAD_VERSION: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "model '{model}': version '{version}' is not a whole number",
  },
  OIP_NO_SIGNATURE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "model '{model}' has no signature '{signature}'; its signatures are {known}",
  },
  OIP_ADDRESS: {
    exit: 1,
    http: 404,
    grpc: 5,
    text: "{path} is no address of the Open Inference Protocol; see docs/open-inference.md for those that are",
  },
  OIP_METHOD: { exit: 1, http: 405, grpc: 12, text: "{path} is asked by {wanted}, not {found}" },

  // The body of a request over REST.
  OIP_JSON: { exit: 1, http: 400, grpc: 3, text: "the request is not JSON: {reason} (at byte {offset})" },
  OIP_JSON_TOO_DEEP: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "the request's JSON nests deeper than {limit} levels",
  },
  OIP_JSON_TOO_LONG: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "the request's JSON has more than {limit} values beside its tensors' data",
  },
  OIP_MEMBER_TYPE: { exit: 1, http: 400, grpc: 3, text: "{where} is {found}, but must be {wanted}" },
  OIP_MEMBER_MISSING: { exit: 1, http: 400, grpc: 3, text: "{where} has no '{member}'" },
  OIP_MEMBER_TWICE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "the request has the member '{member}' twice in one object",
  },
  OIP_ENCODING: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Content-Encoding '{encoding}' is not known; send gzip, deflate or identity",
  },
  OIP_INFLATE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "the body cannot be decompressed as its Content-Encoding '{encoding}' says",
  },
  OIP_HEADER_LENGTH: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "Inference-Header-Content-Length is '{found}', but must be a whole number of bytes, no more than the body has",
  },
  OIP_BINARY_BYTES: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "the body has {found} bytes behind its JSON, but the inputs' binary_data_size come to {wanted}",
  },
  OIP_RAW_BODY: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "a body without JSON (Inference-Header-Content-Length 0) cannot be taken for model '{model}': {reason}",
  },

  // Tensors of a request, whatever way they came.
  OIP_DATATYPE_UNKNOWN: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': datatype '{datatype}' is none of the protocol's",
  },
  OIP_SHAPE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': shape {shape} is not one: every size must be a whole number from 0, and their product at most {limit}",
  },
  OIP_ELEMENT_COUNT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': {found} elements were sent, but its shape {shape} has {wanted}",
  },
  OIP_BYTE_COUNT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': {found} bytes were sent, but {datatype} of shape {shape} takes {wanted}",
  },
  OIP_BYTES_LENGTHS: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': the elements' lengths do not fit: {found} bytes of BYTES, shape {shape}",
  },
  OIP_ELEMENT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': element {index} is {found}, which is not of datatype {datatype}",
  },
  OIP_RAGGED: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': the lists of its data are not of equal sizes and depths",
  },
  OIP_BINARY_ONLY: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': {datatype} has no form as numbers; send its bytes (binary_data_size over REST, raw_input_contents over gRPC)",
  },
  OIP_DATA_TWICE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}' has both values and bytes; send one of them",
  },
  OIP_RAW_COUNT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "the request has {found} raw_input_contents for {wanted} inputs; send one for each, in their order",
  },
  OIP_CONTENTS_FIELD: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "input '{input}': {datatype} is sent in {wanted}, and other contents were sent",
  },

  // Inputs, outputs and parameters by their names.
  OIP_INPUT_UNKNOWN: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "model '{model}' has no input '{input}'; its inputs are {known}",
  },
  OIP_INPUT_TWICE: { exit: 1, http: 400, grpc: 3, text: "input '{input}' was sent twice" },
  OIP_INPUT_MISSING: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "expected {wanted} inputs but got {found} inputs for model '{model}'; missing: {missing}",
  },
  OIP_INPUT_DATATYPE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "inference input '{input}' data-type is '{found}', but model '{model}' expects '{wanted}'",
  },
  OIP_INPUT_SHAPE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "unexpected shape for input '{input}' for model '{model}'. Expected {wanted}, got {found}",
  },
  OIP_OUTPUT_UNKNOWN: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "model '{model}' has no output '{output}'; its outputs are {known}",
  },
  OIP_OUTPUT_TWICE: { exit: 1, http: 400, grpc: 3, text: "output '{output}' is asked for twice" },
  OIP_OUTPUT_DTYPE: {
    exit: 1,
    http: 501,
    grpc: 12,
    text: "output '{output}' is {dtype}, which the Open Inference Protocol has no datatype for; ask for other outputs",
  },
  OIP_OUTPUT_BINARY_ONLY: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "output '{output}': {datatype} has no JSON form; ask for it with binary_data",
  },
  OIP_OUTPUT_TEXT: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "output '{output}': element {index} is not UTF-8 and has no JSON form; ask for it with binary_data",
  },
  OIP_CLASSIFICATION: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "output '{output}': classification {found} is not possible: {reason}",
  },
  OIP_PARAMETER_TYPE: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "parameter '{parameter}' must be {wanted}",
  },
  OIP_PARAMETER_RESERVED: {
    exit: 1,
    http: 400,
    grpc: 3,
    text: "parameter '{parameter}' is reserved and cannot be set by a request",
  },
  OIP_SHARED_MEMORY: {
    exit: 1,
    http: 501,
    grpc: 12,
    text: "'{name}': this server shares no memory with its clients; send the tensor's bytes",
  },

  // Loading and unloading.
  OIP_LOAD_PARAMETER: {
    exit: 1,
    http: 501,
    grpc: 12,
    text: "load of '{model}': parameter '{parameter}' is not supported: models are loaded from their own directories as they are",
  },
  OIP_NOT_CONFIGURED: {
    exit: 1,
    http: 404,
    grpc: 5,
    text: "model '{model}' is not configured; its name and directory must be given by flags or --model_config_file",
  },
  OIP_LOAD_FAILED: { exit: 1, http: 400, grpc: 13, text: "failed to load '{model}', {reasons}" },
} as const satisfies Record<string, ErrorRow>;
