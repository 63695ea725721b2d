import { describe, expect, it } from "vitest";
import { read, type Schema } from "../../testing/read-body.ts";

describe("every message", () => {
  const X: Schema = { x: "float32" };
  const AB: Schema = { b: "float32", a: "float32" };
  const BYTES: Schema = { s: "string" };
  const failed = (index: number, inner: string) =>
    `Failed to process element: ${index} of 'instances' list. Error: INVALID_ARGUMENT: ${inner}`;
  it.each<[Schema, string, string]>([
    [X, "", "JSON Parse error: The document is empty"],
    [X, "  ", "JSON Parse error: The document is empty. at offset: 2"],
    [X, "instances = [1, 2]", "JSON Parse error: Invalid value. at offset: 0"],
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
