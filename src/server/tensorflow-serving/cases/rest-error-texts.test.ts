// Every sentence that TensorFlow Serving's REST predict answers with, whole: json_tensor.cc, http_rest_api_handler.cc and
// predict_util.cc. Each body is read whole and cut into pieces of several sizes, which must not change a thing.
import { describe, expect, it } from "vitest";
import type { TensorValue } from "../../../engine/engine.ts";
import { floatTensor, stringTensor } from "../../testing/example-model.ts";
import { signature, spec } from "../../testing/half-plus-two.ts";
import { loadedManager, restError } from "../../testing/model-server.ts";
import { read, type Schema } from "../../testing/read-body.ts";

describe("the body", () => {
  const X: Schema = { x: "float32" };
  const AB: Schema = { b: "float32", a: "float32" };
  const BYTES: Schema = { s: "string" };
  const failed = (index: number, inner: string) =>
    `Failed to process element: ${index} of 'instances' list. Error: INVALID_ARGUMENT: ${inner}`;
  it.each<[Schema, string, string]>([
    [X, "", "JSON Parse error: The document is empty"],
    [X, "  ", "JSON Parse error: The document is empty. at offset: 2"],
    [X, "instances = [1, 2]", "JSON Parse error: Invalid value. at offset: 0"],
    [X, '{"inputs":[1}', "JSON Parse error: Missing a comma or ']' after an array element. at offset: 12"],
    [X, '{"inputs":[1]]', "JSON Parse error: Missing a comma or '}' after an object member. at offset: 13"],
    [X, "{1:2}", "JSON Parse error: Missing a name for object member. at offset: 1"],
    [X, '{"inputs" 1}', "JSON Parse error: Missing a colon after a name of object member. at offset: 10"],
    [X, '{"inputs', "JSON Parse error: Missing a closing quotation mark in string. at offset: 8"],
    [X, '{"\\x":1}', "JSON Parse error: Invalid escape character in string. at offset: 2"],
    [X, '{"inputs":1e999}', "JSON Parse error: Number too big to be stored in double. at offset: 10"],
    [X, "[1]", "JSON Value: [1] Is not object"],
    [X, "3", "JSON Value: 3 Is not object"],
    [X, '"x"', 'JSON Value: "x" Is not object'],
    [
      X,
      '{"signature_name":100}',
      "JSON Value: {\n    \"signature_name\": 100\n} not formatted correctly. 'signature_name' key must be a string value.",
    ],
    [X, '{"other":1}', "Missing 'inputs' or 'instances' key"],
    [
      X,
      '{"instances":5}',
      "JSON Value: {\n    \"instances\": 5\n} Expecting 'instances' to be an list/array",
    ],
    [X, '{"instances":[]}', "JSON Value: {\n    \"instances\": []\n} No values in 'instances' array"],
    [
      X,
      '{"inputs":1,"instances":[2]}',
      'JSON Value: {\n    "inputs": 1,\n    "instances": [2]\n} Not formatted correctly expecting only one of ' +
        "'inputs' or 'instances' keys to exist ",
    ],
    [
      AB,
      '{"instances":[[1]]}',
      "instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map",
    ],
    [
      AB,
      '{"inputs":[[1]]}',
      "inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map",
    ],
    [
      AB,
      '{"instances":[{"a":1}]}',
      "Failed to process element: 0 of 'instances' list. JSON object: {\n    \"a\": 1\n} keys must be equal to: a,b",
    ],
    [
      AB,
      '{"instances":[{"a":1,"b":2},{"a":1,"c":2}]}',
      "Failed to process element: 1 key: c of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: c",
    ],
    [AB, '{"inputs":{"a":[1]}}', "Missing named input: b in 'inputs' object."],
    [AB, '{"instances":[{"a":1,"b":2},[1]]}', "Expecting object but got list at item 1 of input list"],
    [X, '{"instances":[1,{"x":2}]}', "Expecting value/list but got object at item 1 of input list"],
    [X, '{"instances":[[1,2],[3]]}', failed(1, "Expecting tensor size: 2 but got: 1")],
    [X, '{"instances":[[[1],[2],[3]],[[[1],[2],[3]]]]}', failed(1, "Expecting shape [3,1] but got: [1,3,1]")],
    [X, '{"instances":[1,[1]]}', failed(1, "Expecting shape [] but got: [1]")],
    [X, '{"instances":["y"]}', failed(0, 'JSON Value: "y" Type: String is not of expected type: float')],
    [X, '{"instances":[[1,null]]}', failed(0, "JSON Value: null Type: Null is not of expected type: float")],
    [
      X,
      '{"instances":[{"x":{"z":[1,2]}}]}',
      "Failed to process element: 0 key: x of 'instances' list. Error: INVALID_ARGUMENT: " +
        'JSON Value: {\n    "z": [1, 2]\n} Type: Object is not of expected type: float',
    ],
    [X, '{"inputs":[[1,2],[3]]}', "Encountered list at unexpected size: 1 at level: 1 expected size: 2"],
    [X, '{"inputs":[[1,2],["a"]]}', "Encountered list at unexpected size: 1 at level: 1 expected size: 2"],
    [X, '{"inputs":[[1,2],["a",3]]}', 'JSON Value: "a" Type: String is not of expected type: float'],
    [X, '{"inputs":[1,[2]]}', "Encountered list at unexpected level: 1 expected < 1"],
    [
      X,
      '{"inputs":[[1],2]}',
      "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
    ],
    [BYTES, '{"instances":[{"b64":"a-_b"}]}', failed(0, "Unable to base64 decode")],
    [
      BYTES,
      '{"instances":[[{"b64":1}]]}',
      failed(0, 'JSON Value: {\n    "b64": 1\n} not formatted correctly for base64 data'),
    ],
    [
      BYTES,
      '{"inputs":{"s":{"b64":"YQ==","more":{"x":[]}}}}',
      'JSON Value: {\n    "b64": "YQ==",\n    "more": {\n        "x": []\n    }\n} not formatted correctly for base64 data',
    ],
    [{ h: "float16" }, '{"inputs":[1.5]}', "Conversion of JSON Value: 1.5 to type: half"],
    [
      { h: "float16" },
      '{"instances":[1.5]}',
      "Failed to process element: 0 of 'instances' list. Error: UNIMPLEMENTED: Conversion of JSON Value: 1.5 to type: half",
    ],
    [{ i: "int32" }, '{"inputs":[1.0]}', "JSON Value: 1.0 Type: Number is not of expected type: int32"],
    [
      { i: "int32" },
      '{"inputs":[3000000000]}',
      "JSON Value: 3000000000 Type: Number is not of expected type: int32",
    ],
    [{ b: "bool" }, '{"inputs":[1]}', "JSON Value: 1 Type: Number is not of expected type: bool"],
    [{ u: "uint64" }, '{"inputs":[-1]}', "JSON Value: -1 Type: Number is not of expected type: uint64"],
    [
      X,
      `{"inputs":${"[".repeat(300)}${"]".repeat(300)}}`,
      "A tensor is nested more than 254 lists deep (maxRank)",
    ],
  ])("case %#: %j %s", (schema, body, wanted) => {
    expect(read(schema, body)).toBe(wanted);
    // Cutting the body anywhere changes nothing.
    for (const piece of [1, 2, 3, 7]) expect(read(schema, body, piece)).toBe(wanted);
  });

  it("quotes long values in part", () => {
    const message = read(X, `{"signature_name":["${"long ".repeat(2000)}"]}`) as string;
    expect(message).toContain('"signature_name": ["long long ');
    expect(message.length).toBeLessThan(5000);
  });
});

/** The answer to a request whose model has these inputs and brings these outputs. */
async function answer(inputs: Schema, outputs: Readonly<Record<string, TensorValue>>, body: string) {
  const specs = Object.entries(inputs).map(([name, dtype]) => spec(name, dtype, undefined));
  const brought = Object.entries(outputs).map(([name, { dtype }]) => spec(name, dtype, undefined));
  const signatures = [signature("serving_default", specs, brought)];
  const models = await loadedManager({ m: [1] }, { signatures, outputs: new Map(Object.entries(outputs)) });
  return restError({ models }, { url: "/v1/models/m:predict", body });
}

const ONE = '{"instances":[1]}';
const FLOAT: Schema = { x: "float32" };
const Y = { y: floatTensor([1], [1]) };

describe("the model", () => {
  it.each<[string, Schema, Readonly<Record<string, TensorValue>>, string, number, string]>([
    [
      "no such signature",
      FLOAT,
      Y,
      '{"signature_name":"S","instances":[1]}',
      400,
      'Serving signature name: "S" not found in signature def',
    ],
    ["no inputs", {}, Y, ONE, 400, "Failed to get input map for signature: DEFAULT"],
    [
      "no inputs of a named signature",
      {},
      Y,
      '{"signature_name":"serving_default","inputs":1}',
      400,
      "Failed to get input map for signature: serving_default",
    ],
    [
      "a dtype that JSON cannot bring, as a column",
      { h: "float16" },
      Y,
      '{"inputs":[1.5]}',
      501,
      "Conversion of JSON Value: 1.5 to type: half",
    ],
    [
      "a dtype that JSON cannot bring, as a row",
      { h: "float16" },
      Y,
      '{"instances":[1.5]}',
      400,
      "Failed to process element: 0 of 'instances' list. Error: UNIMPLEMENTED: Conversion of JSON Value: 1.5 to type: half",
    ],
    [
      "bytes for the first of several inputs only",
      { a: "string", b: "string" },
      Y,
      '{"instances":[{"b64":"YQ=="}]}',
      400,
      "input size does not match signature: 1!=2 len({a}) != len({a,b}). Sent extra: {}. Missing but required: {b}.",
    ],
    [
      "an output without rows",
      FLOAT,
      { t: floatTensor([], [1]) },
      ONE,
      400,
      "Tensor name: t has no shape information ",
    ],
    [
      "outputs of several lengths",
      FLOAT,
      { a: floatTensor([1], [1]), t: stringTensor([2], ["x", "y"]) },
      ONE,
      400,
      "Tensor name: t has inconsistent batch size: 2 expecting: 1",
    ],
    [
      "an output that JSON cannot bring",
      FLOAT,
      { h: { dtype: "float16", shape: [1], data: new Uint8Array(2) } },
      ONE,
      400,
      "Failed to write JSON value for tensor type: half",
    ],
    ["no outputs", FLOAT, {}, ONE, 400, "Cannot convert empty tensor map to JSON"],
  ])("%s", async (_what, inputs, outputs, body, status, message) => {
    expect(await answer(inputs, outputs, body)).toEqual([status, message]);
  });

  it("that takes too long", async () => {
    const models = await loadedManager({ m: [1] }, { onRun: () => new Promise(() => undefined) });
    const call = { url: "/v1/models/m:predict", body: ONE };
    expect(await restError({ models, timeoutMs: 5 }, call)).toEqual([
      504,
      "Timed out waiting for notification",
    ]);
  });
});

describe("which model", () => {
  it.each([
    ["POST", "/v1/models/M:predict", 404, "Servable not found for request: Latest(M)"],
    ["POST", "/v1/models/M:classify", 404, "Servable not found for request: Latest(M)"],
    ["POST", "/v1/models/M:regress", 404, "Servable not found for request: Latest(M)"],
    ["GET", "/v1/models/M/metadata", 404, "Servable not found for request: Latest(M)"],
    ["POST", "/v1/models/M/versions/50:predict", 404, "Servable not found for request: Specific(M, 50)"],
    ["GET", "/v1/models/M/versions/50/metadata", 404, "Servable not found for request: Specific(M, 50)"],
    ["GET", "/v1/models/M", 404, "Could not find any versions of model M"],
    ["GET", "/v1/models/m/versions/50", 404, "Could not find version 50 of model m"],
    ["GET", "/v1/models/M/versions/50", 404, "Could not find version 50 of model M"],
    ["POST", "/v1/models/m/labels/L:predict", 400, "Unrecognized servable version label: L"],
    ["POST", "/v1/models/M/labels/L:predict", 400, "Unrecognized servable version label: L"],
    ["GET", "/v1/models/m/labels/L/metadata", 400, "Unrecognized servable version label: L"],
  ])("%s %s", async (method, url, status, message) => {
    const models = await loadedManager({ m: [1] });
    const body = '{"instances":[1],"examples":[{"x":1.0}]}';
    expect(await restError({ models, strict: true }, { method, url, body })).toEqual([status, message]);
  });
});
