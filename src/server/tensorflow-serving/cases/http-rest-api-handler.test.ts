// TensorFlow Serving's model_servers/http_rest_api_handler_test.cc, each case under its own name. The model is theirs:
// y = x / 2 + 2, version 123, with one label. The answers of --tf_serving_strict are tested where others are ours.
import { describe, expect, it } from "vitest";
import type { TensorSpec } from "../../../model/signature.ts";
import { EXAMPLE_MODEL } from "../../testing/example-model.ts";
import { spec } from "../../testing/half-plus-two.ts";
import { loadedManager, type RestCall, rest, restError } from "../../testing/model-server.ts";
import { isApiAddress } from "../rest/route.ts";

const MODEL = "saved_model_half_plus_two_2_versions";
const models = await loadedManager({ [MODEL]: [123] }, EXAMPLE_MODEL);
models.setLabels(MODEL, new Map([["label-1", 123n]]));
const context = { models, strict: true };
const HEADERS = { "Content-Type": "application/json" };
const at = (rest: string): string => `/v1/models/${MODEL}${rest}`;

/** The answer's JSON, of an answer that has the one header and no other. */
async function json(call: RestCall): Promise<unknown> {
  const { status, headers, body } = await rest(context, call);
  expect([status, headers]).toEqual([200, HEADERS]);
  return JSON.parse(body);
}

describe("http_rest_api_handler_test", () => {
  it("kPathRegex", () => {
    expect(isApiAddress("/v1/models")).toBe(true);
    expect(isApiAddress("/statuspage")).toBe(false);
    expect(isApiAddress("/index")).toBe(false);
  });

  it.each([
    ["GET", "/v1/foo"],
    ["POST", "/v1/foo"],
    ["GET", "/v1/models/debug/model_name"],
    ["POST", "/v1/models"],
    ["GET", "/v1/models/foo:predict"],
    ["GET", "/v1/models/foo/version/50:predict"],
    ["POST", "/v1/models/foo/version/50:regress"],
    ["POST", "/v1/models/foo/versions/HELLO:regress"],
    ["POST", "/v1/models/foo/metadata"],
    ["POST", "/v1/models/foo/label/some_label:regress"],
    ["POST", "/v1/models/foo/versions/50/labels/some_label:regress"],
    ["POST", "/v1/models/foo/versions/some_label:regress"],
  ])("UnsupportedApiCalls: %s %s", async (method, url) => {
    expect(await restError(context, { method, url, body: "" })).toEqual([
      400,
      `Malformed request: ${method} ${url}`,
    ]);
  });

  it("UnsupportedApiCalls: no name, and a version above 64 bits", async () => {
    const noName = await restError(context, { url: "/v1/models" });
    expect(noName).toEqual([400, "Missing model name in request."]);
    const url = `/v1/models/foo/versions/${2n ** 64n - 1n}:regress`;
    expect(await restError(context, { url, body: "" })).toEqual([
      400,
      "Failed to convert version: 18446744073709551615 to numeric.",
    ]);
  });

  it.each([
    ["/v1/models/foo:predict", "Latest(foo)"],
    ["/v1/models/foo/versions/50:predict", "Specific(foo, 50)"],
    [at("99:predict"), `Latest(${MODEL}99)`],
  ])("PredictModelNameVersionErrors: %s", async (url, servable) => {
    expect(await restError(context, { url, body: '{ "instances": [1] }' })).toEqual([
      404,
      `Servable not found for request: ${servable}`,
    ]);
  });

  it.each([
    [":predict", "", "JSON Parse error: The document is empty"],
    [":predict", "instances = [1, 2]", "JSON Parse error: Invalid value"],
    [":predict", '{ "instances": ["x", "y"] }', "not of expected type: float"],
    ["/labels/label-2:predict", '{ "instances": ["x", "y"] }', "Unrecognized servable version label"],
    [":predict", '{ "signature_name": 100 }', "'signature_name' key must be a string value."],
  ])("PredictRequestErrors: %s %s", async (path, body, part) => {
    const [status, message] = await restError(context, { url: at(path), body });
    expect(status).toBe(400);
    expect(message).toContain(part);
  });

  it.each([
    [
      ":predict",
      '{"instances": [[1.0, 2.0], [3.0, 4.0]]}',
      {
        predictions: [
          [2.5, 3],
          [3.5, 4],
        ],
      },
    ],
    ["/versions/123:predict", '{"instances": [1.0, 2.0]}', { predictions: [2.5, 3] }],
    ["/labels/label-1:predict", '{"instances": [1.0, 2.0]}', { predictions: [2.5, 3] }],
    [
      "/versions/123:predict",
      '{"signature_name": "serving_default", "instances": [3.0, 4.0]}',
      { predictions: [3.5, 4] },
    ],
    [
      "/versions/123:predict",
      '{"signature_name": "serving_default", "inputs": [3.0, 4.0]}',
      { outputs: [3.5, 4] },
    ],
  ])("Predict: %s %s", async (path, body, wanted) => {
    expect(await json({ url: at(path), body })).toEqual(wanted);
  });

  it.each([":regress", "/versions/123:regress", "/labels/label-1:regress"])("Regress: %s", async (path) => {
    const body = '{"signature_name": "regress_x_to_y", "examples": [ { "x": 80.0 } ] }';
    expect(await json({ url: at(path), body })).toEqual({ results: [42] });
  });

  it.each([
    [":classify", "20.0", 12],
    ["/labels/label-1:classify", "10.0", 7],
  ])("Classify: %s", async (path, x, score) => {
    const body = `{"signature_name": "classify_x_to_y", "examples": [ { "x": ${x} } ] }`;
    expect(await json({ url: at(path), body })).toEqual({ results: [[["", score]]] });
  });

  it.each(["", "/versions/123", "/labels/label-1"])("GetStatus: %s", async (path) => {
    const status = { error_code: "OK", error_message: "" };
    expect(await json({ url: at(path) })).toEqual({
      model_version_status: [{ version: "123", state: "AVAILABLE", status }],
    });
  });
});

/** A column of floats that the graph calls `name`. */
const floats = (key: string, name: string): TensorSpec => ({
  ...spec(key, "float32", [-1, 1]),
  tensorName: `${name}:0`,
});
const EXAMPLES: TensorSpec = { ...spec("inputs", "string", undefined), tensorName: "tf_example:0" };
/** The signatures of the model: name, method, input, output. */
const SIGNATURES = [
  ["serving_default", "predict", floats("x", "x"), floats("y", "y")],
  ["classify_x_to_y", "classify", EXAMPLES, floats("scores", "y")],
  ["classify_x2_to_y3", "classify", floats("inputs", "x2"), floats("scores", "y3")],
  ["regress_x_to_y", "regress", EXAMPLES, floats("outputs", "y")],
  ["regress_x_to_y2", "regress", EXAMPLES, floats("outputs", "y2")],
  ["regress_x2_to_y3", "regress", floats("inputs", "x2"), floats("outputs", "y3")],
] as const;

describe("http_rest_api_handler_test", () => {
  it("GetModelMetadata", async () => {
    const signatures = SIGNATURES.map(([name, method, input, output]) => ({
      name,
      inputs: [input],
      outputs: [output],
      methodName: `tensorflow/serving/${method}`,
    }));
    const described = await loadedManager({ [MODEL]: [123] }, { signatures });
    const { headers, body } = await rest({ models: described }, { url: at("/metadata") });
    expect(headers).toEqual(HEADERS);
    const matrix = {
      dim: [
        { size: "-1", name: "" },
        { size: "1", name: "" },
      ],
      unknown_rank: false,
    };
    const told = ({ key, dtype, shape, tensorName }: TensorSpec) => ({
      [key]: {
        dtype: dtype === "string" ? "DT_STRING" : "DT_FLOAT",
        tensor_shape: shape ? matrix : { dim: [], unknown_rank: true },
        name: tensorName,
      },
    });
    const wanted = SIGNATURES.map(([name, method, input, output]) => [
      name,
      {
        inputs: told(input),
        outputs: told(output),
        method_name: `tensorflow/serving/${method}`,
        defaults: {},
      },
    ]);
    expect(JSON.parse(body)).toEqual({
      model_spec: { name: MODEL, signature_name: "", version: "123" },
      metadata: { signature_def: { signature_def: Object.fromEntries(wanted) } },
    });
  });
});
