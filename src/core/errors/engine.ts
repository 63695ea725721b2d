// What a running model or its engine can refuse.
import type { ErrorRow } from "./row.ts";

export const ENGINE_ERRORS = {
  ENGINE_FAILED: { exit: 1, http: 500, grpc: 13, text: "{model}: the engine failed: {reason}" },
  ENGINE_UNAVAILABLE: {
    exit: 1,
    http: 503,
    grpc: 14,
    text: "{file}: onnxruntime cannot be loaded ({reason}); reinstall the package onnxruntime-node",
  },
  ENGINE_UNKNOWN: { exit: 2, http: 400, grpc: 3, text: "there is no engine '{engine}'; there are: {known}" },
  ENGINE_LOAD_FAILED: {
    exit: 3,
    http: 500,
    grpc: 13,
    text: "{model}: onnxruntime cannot load it: {reason}; convert the model anew",
  },
  ENGINE_INPUT_REFUSED: { exit: 2, http: 400, grpc: 3, text: "{model}: the inputs do not fit: {reason}" },
  INPUT_ABSENT: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{model}: no value is given for the input '{input}'; the inputs are: {known}",
  },
  INPUT_SURPLUS: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{model}: there is no input '{input}'; the inputs are: {known}",
  },
  INPUT_ARRAY_KIND: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{model}: input '{input}': {found} is given; it is {dtype}, which takes: {wanted}",
  },
  INPUT_ARRAY_SHAPE: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{model}: input '{input}': {reason}; the shape is to be {wanted}",
  },
  NO_VERSION_FOUND: {
    exit: 3,
    http: 404,
    grpc: 5,
    text: "{directory}: holds neither a saved_model.pb nor numbered versions; name a model file, a version's directory or the directory above",
  },
  SIGNATURE_UNKNOWN: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{model}: there is no signature '{signature}'; there are: {known}",
  },
  MODEL_CLOSED: { exit: 1, http: 503, grpc: 14, text: "{model}: has been closed; load it again" },
  RUN_STOPPED: { exit: 1, http: 499, grpc: 1, text: "{model}: the run was stopped by its caller" },
} as const satisfies Record<string, ErrorRow>;
