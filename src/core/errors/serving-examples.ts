// What a server answers about classification and regression, which take tf.Examples.
// Source: https://github.com/tensorflow/serving (servables/tensorflow/classifier.cc, regressor.cc, multi_inference.cc,
// util.cc, util/json_tensor.cc). Sentences are kept word for word: clients match on them.
import type { ErrorRow } from "./row.ts";

const INVALID = { exit: 1, http: 400, grpc: 3 } as const;

export const SERVING_EXAMPLE_ERRORS = {
  // The signature.
  EXAMPLE_SIGNATURE_NOT_FOUND: { ...INVALID, text: "No signature was found with the name: {signature}" },
  EXAMPLE_METHOD_NAME: {
    ...INVALID,
    text: "Expected {method} signature method_name to be {wanted}. Was: {found}",
  },
  PREDICT_METHOD_NAME: {
    exit: 1,
    http: 500,
    grpc: 13,
    text: "Expected prediction signature method_name to be one of {methods}. Was: {found}",
  },
  EXAMPLE_ONE_INPUT: { ...INVALID, text: "Expected one input Tensor." },
  EXAMPLE_NO_INPUTS: { ...INVALID, text: "No {method} inputs found in SignatureDef: {signature}" },
  CLASSIFY_OUTPUT_COUNT: { ...INVALID, text: "Expected one or two output Tensors, found {count}" },
  CLASSIFY_NO_OUTPUTS: {
    ...INVALID,
    text: 'Expected classification signature outputs to contain at least one of "classes" or "scores". Signature was: {signature}',
  },
  REGRESS_ONE_OUTPUT: { ...INVALID, text: "Expected one output Tensor." },
  REGRESS_NO_OUTPUTS: { ...INVALID, text: "No regression outputs found in SignatureDef: {signature}" },

  // What the model brought.
  EXAMPLES_EMPTY: { ...INVALID, text: "Input is empty." },
  CLASSIFY_SHAPE: { ...INVALID, text: "Expected Tensor shape: [batch_size num_classes] but got {shape}" },
  CLASSIFY_DTYPE: { ...INVALID, text: "Expected {output} Tensor of {wanted}. Got: {found}" },
  CLASSIFY_BATCH: { ...INVALID, text: "Expected {output} output batch size of {wanted}. Got: {found}" },
  CLASSIFY_MISFIT: {
    ...INVALID,
    text: "Tensors class and score should match in dim_size(1). Got {classes} vs. {scores}",
  },
  REGRESS_SHAPE: {
    ...INVALID,
    text: "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {shape}",
  },
  REGRESS_BATCH: {
    ...INVALID,
    text: "Input batch size did not match output batch size: {wanted} vs. {found}",
  },
  REGRESS_DTYPE: { ...INVALID, text: "Expected output Tensor of DT_FLOAT.  Got: {found}" },

  // Several at once.
  MULTI_UNNAMED: { ...INVALID, text: "Found ModelSpec with an empty model name." },
  MULTI_TWO_MODELS: {
    ...INVALID,
    text: "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
  },
  MULTI_TWICE: { ...INVALID, text: "Duplicate evaluation of signature: {signature}" },
  MULTI_SIGNATURE_NOT_FOUND: {
    ...INVALID,
    text: "Requested signature not found in model graph: {signature}",
  },
  MULTI_METHOD: { exit: 1, http: 501, grpc: 12, text: "Unsupported signature method_name: {method}" },

  // REST: the body.
  JSON_EXAMPLES_MISSING: {
    ...INVALID,
    text: "JSON Value: {value} When method is classify, key 'examples' is expected and was not found",
  },
  JSON_EXAMPLES_NO_LIST: {
    ...INVALID,
    text: "JSON Value: {value} Expecting 'examples' value to be an list/array",
  },
  JSON_EXAMPLES_EMPTY: { ...INVALID, text: "JSON Value: {value} 'examples' value is an empty array" },
  JSON_EXAMPLE_NO_OBJECT: { ...INVALID, text: "Example must be JSON object but got JSON {type}" },
  JSON_FEATURE_TYPE: { ...INVALID, text: "Feature: {feature} has element with unexpected JSON type: {type}" },
  JSON_FEATURE_KIND: {
    ...INVALID,
    text: "Unexpected element type in feature: {feature} expecting type: {kind}",
  },
  JSON_FEATURE_UINT64: {
    ...INVALID,
    text: "Feature: {feature} has uint64_t element. Only int64_t is supported.",
  },
  JSON_RESULTS_EMPTY: { ...INVALID, text: "Cannot convert empty {kind} to JSON" },
} as const satisfies Record<string, ErrorRow>;
