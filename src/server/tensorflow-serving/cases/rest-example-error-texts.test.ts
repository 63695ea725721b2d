// Every sentence that TensorFlow Serving's REST classify and regress answer a wrong request with, whole: json_tensor.cc,
// classifier.cc and regressor.cc.
// Not here: what a model's outputs can have wrong (rest/examples.test.ts).
import { describe, expect, it } from "vitest";
import { EXAMPLE_MODEL, EXAMPLE_SIGNATURES } from "../../testing/example-model.ts";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { loadedManager, restError } from "../../testing/model-server.ts";

const EXAMPLES = spec("inputs", "string", [-1]);
const signatures = [
  ...EXAMPLE_SIGNATURES,
  signature("two_inputs", [EXAMPLES, spec("more", "string", [-1])], []),
  signature(
    "three_outputs",
    [EXAMPLES],
    [spec("a", "float32", [-1]), spec("b", "float32", [-1]), spec("c", "float32", [-1])],
  ),
  signature("other_names", [EXAMPLES], [spec("y", "float32", undefined)]),
];
const models = await loadedManager({ m: [1] }, { ...EXAMPLE_MODEL, signatures });
const ask = (verb: string, body: string) => restError({ models }, { url: `/v1/models/m:${verb}`, body });

describe("the body", () => {
  it.each([
    ["", "JSON Parse error: The document is empty"],
    ["[]", "JSON Value: [] Is not object"],
    [
      '{"signature_name":["hello"]}',
      'JSON Value: {\n    "signature_name": ["hello"]\n} not formatted correctly. \'signature_name\' key must be a string value.',
    ],
    ["{}", "JSON Value: {} When method is classify, key 'examples' is expected and was not found"],
    [
      '{"examples":1}',
      "JSON Value: {\n    \"examples\": 1\n} Expecting 'examples' value to be an list/array",
    ],
    ['{"examples":[]}', "JSON Value: {\n    \"examples\": []\n} 'examples' value is an empty array"],
    ['{"examples":[[]]}', "Example must be JSON object but got JSON Array"],
    ['{"context":"a","examples":[{}]}', "Example must be JSON object but got JSON String"],
    ['{"examples":[{"f":null}]}', "Feature: f has element with unexpected JSON type: Null"],
    ['{"examples":[{"f":[[1]]}]}', "Feature: f has element with unexpected JSON type: Array"],
    ['{"examples":[{"f":{"a":1}}]}', "Feature: f has element with unexpected JSON type: Object"],
    ['{"examples":[{"f":["a",1]}]}', "Unexpected element type in feature: f expecting type: bytes"],
    ['{"examples":[{"f":[1.0,1]}]}', "Unexpected element type in feature: f expecting type: float"],
    ['{"examples":[{"f":[1,1.0]}]}', "Unexpected element type in feature: f expecting type: int64"],
    [
      '{"examples":[{"f":18446744073709551615}]}',
      "Feature: f has uint64_t element. Only int64_t is supported.",
    ],
    ['{"examples":[{"f":{"b64":"-"}}]}', "Unable to base64 decode"],
  ])("%s", async (body, message) => {
    expect(await ask("classify", body)).toEqual([400, message]);
    expect(await ask("regress", body)).toEqual([400, message]);
  });
});

/** SignatureDef as protobuf prints it, of one input and one output whose shapes are these texts. */
const printed = (input: string, output: string, method = "predict"): string =>
  `inputs {\n${input}}\noutputs {\n${output}}\nmethod_name: "tensorflow/serving/${method}"\n`;
const tensor = (key: string, dtype: string, shape: readonly string[]): string => {
  const lines = ["name: ", `"${key}:0"`].join("");
  const inside = shape.map((line) => `      ${line}\n`).join("");
  return `  key: "${key}"\n  value {\n    ${lines}\n    dtype: ${dtype}\n    tensor_shape {\n${inside}    }\n  }\n`;
};
const dim = (size: number): string[] => ["dim {", `  size: ${size}`, "}"];
const MATRIX = [...dim(-1), ...dim(1)];
const DEFAULT = printed(tensor("x", "DT_FLOAT", MATRIX), tensor("y", "DT_FLOAT", MATRIX));
const OTHER = printed(
  tensor("inputs", "DT_STRING", dim(-1)),
  tensor("y", "DT_FLOAT", ["unknown_rank: true"]),
);
const CLASSIFIES = printed(
  tensor("inputs", "DT_STRING", dim(-1)),
  tensor("scores", "DT_FLOAT", MATRIX),
  "classify",
);

describe("the signature", () => {
  it.each([
    ["classify", "S", "No signature was found with the name: S"],
    ["regress", "S", "No signature was found with the name: S"],
    ["classify", "two_inputs", "Expected one input Tensor."],
    ["regress", "two_inputs", "Expected one input Tensor."],
    ["classify", "three_outputs", "Expected one or two output Tensors, found 3"],
    ["regress", "three_outputs", "Expected one output Tensor."],
    ["classify", "", `No classification inputs found in SignatureDef: ${DEFAULT}`],
    ["regress", "", `No regression inputs found in SignatureDef: ${DEFAULT}`],
    [
      "classify",
      "other_names",
      `Expected classification signature outputs to contain at least one of "classes" or "scores". Signature was: ${OTHER}`,
    ],
    ["regress", "classify_x_to_y", `No regression outputs found in SignatureDef: ${CLASSIFIES}`],
  ])("%s with %s", async (verb, name, message) => {
    const body = JSON.stringify({ signature_name: name, examples: [{ x: 1.5 }] });
    expect(await ask(verb, body)).toEqual([400, message]);
  });
});
