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
  ONNX_MISSING: {
    exit: 3,
    http: 500,
    grpc: 9,
    text: "{directory}: holds no model.onnx, which onnxruntime runs; convert the model, or run TensorFlow's graph: --engine tensorflow",
  },
  TENSORFLOW_NOT_FOUND: {
    exit: 1,
    http: 503,
    grpc: 14,
    text: "TensorFlow's library {library} is not found ({places}); pip install tensorflow-cpu, and name its Python in TORCHFERRY_PYTHON or the library with --libtensorflow",
  },
  TENSORFLOW_UNUSABLE: {
    exit: 1,
    http: 503,
    grpc: 14,
    text: "{file}: TensorFlow cannot be used: {reason}; TensorFlow {oldest} or a later 2.x is wanted: pip install tensorflow-cpu",
  },
  TENSORFLOW_LOAD_FAILED: {
    exit: 3,
    http: 500,
    grpc: 13,
    text: "{model}: TensorFlow {version} cannot load it: {reason}; save the model anew, or use the TensorFlow that saved it",
  },
  OPERATOR_LIBRARY_UNUSABLE: {
    exit: 1,
    http: 500,
    grpc: 13,
    text: "{file}: no operators for {engine} can be had from it: {reason}; build it against {engine} {version}",
  },
  CONVERSION_REFUSED: { exit: 4, http: 500, grpc: 9, text: "{file}: cannot be converted: {reason}" },
  CONVERSION_FAILED: { exit: 3, http: 500, grpc: 13, text: "{file}: was not converted: {reason}" },
  CONVERSION_OVER_LIMIT: {
    exit: 1,
    http: 500,
    grpc: 8,
    text: "{file}: its conversion was ended: {limit}; raise the limit, or convert the model beforehand",
  },
  VERSION_AMBIGUOUS: {
    exit: 3,
    http: 500,
    grpc: 9,
    text: "{directory}: holds several model files ({files}) and no saved_model.pb; leave one of them",
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
