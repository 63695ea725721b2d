import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tensorflowNumber } from "../../../bytes/protobuf/tensorflow-dtypes.ts";
import { Problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import type { TensorSpec } from "../../../model/signature.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { PredictBodyReader } from "./read-predict-body.ts";

type Schema = Readonly<Record<string, DType>>;

const specsOf = (schema: Schema): TensorSpec[] =>
  Object.entries(schema).map(([key, dtype]) => ({
    key,
    dtype,
    tensorName: `${key}:0`,
    tensorflowDtype: tensorflowNumber(dtype),
    shape: undefined,
  }));

/** What the reader makes of a body, cut into pieces of the given size: an error text, or values by name. */
function read(schema: Schema, body: string | Uint8Array, piece = Number.POSITIVE_INFINITY) {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const reader = new PredictBodyReader(() => specsOf(schema), bytes.length);
  for (let at = 0; at < bytes.length; at += piece) reader.feed(bytes.subarray(at, at + piece));
  const syntax = reader.finish();
  if (syntax) return syntax.message;
  const steps = reader.tensors();
  let step = steps.next();
  while (!step.done) step = steps.next();
  if (step.value instanceof Problem) return step.value.message;
  const inputs: Record<string, unknown> = {};
  for (const [name, value] of step.value.inputs)
    inputs[name] = { shape: value.shape, values: valuesOf(value) };
  return { format: step.value.format, signature: reader.signatureName, inputs };
}

function valuesOf(tensor: TensorValue): unknown[] {
  if (tensor.strings) return tensor.strings.map((text) => Buffer.from(text).toString());
  const { buffer } = tensor.data.slice();
  switch (tensor.dtype) {
    case "float32":
      return [...new Float32Array(buffer)];
    case "float64":
      return [...new Float64Array(buffer)];
    case "int64":
      return [...new BigInt64Array(buffer)];
    case "uint64":
      return [...new BigUint64Array(buffer)];
    case "uint32":
      return [...new Uint32Array(buffer)];
    case "int32":
      return [...new Int32Array(buffer)];
    case "int8":
      return [...new Int8Array(buffer)];
    default:
      return [...new Uint8Array(buffer)];
  }
}

const row = (inputs: Record<string, unknown>, signature = "") => ({ format: "row", signature, inputs });
const columns = (inputs: Record<string, unknown>) => ({ format: "columnar", signature: "", inputs });
const nest = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;

// The cases of TensorFlow Serving's util/json_tensor_test.cc, in its order.
describe("TensorFlow Serving's own cases: accepted", () => {
  const INT: Schema = { default: "int32" };
  const FLOAT: Schema = { default: "float32" };
  it.each<[string, Schema, string, unknown]>([
    [
      "SingleUnnamedTensor",
      INT,
      '{"instances":[[1,2],[3,4],[5,6]]}',
      row({ default: { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] } }),
    ],
    [
      "DeeplyNestedWellFormed",
      INT,
      `{"instances":[1], "nested":${nest}}`,
      row({ default: { shape: [1], values: [1] } }),
    ],
    [
      "MixedInputForFloatTensor",
      FLOAT,
      '{"instances":[1, 2.0, 3, 4, 5.003, 0.007, 0.0]}',
      row({ default: { shape: [7], values: [1, 2, 3, 4, 5.003, 0.007, 0].map(Math.fround) } }),
    ],
    [
      "MixedInputForDoubleTensor",
      { default: "float64" },
      '{"instances":[1.0, 2, 3, 4, 0.662, 0, 0.0]}',
      row({ default: { shape: [7], values: [1, 2, 3, 4, 0.662, 0, 0] } }),
    ],
    [
      "FloatTensorWithPrecisionLoss",
      FLOAT,
      '{"instances":[1435774380]}',
      row({ default: { shape: [1], values: [1435774336] } }),
    ],
    [
      "FloatTensorThatExceedsMaxReturnsInf",
      FLOAT,
      '{"instances":[1.7976931348623157e308, -1.7976931348623157e308]}',
      row({ default: { shape: [2], values: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] } }),
    ],
    [
      "FloatTensorThatExceedsMinReturnsZero",
      FLOAT,
      '{"instances":[2.2250738585072014e-308, -2.2250738585072014e-308]}',
      row({ default: { shape: [2], values: [0, -0] } }),
    ],
    [
      "SingleUnnamedTensorWithSignature",
      INT,
      '{"signature_name":"predict_images","instances":[[1,2]]}',
      row({ default: { shape: [1, 2], values: [1, 2] } }, "predict_images"),
    ],
    [
      "TensorFromNonNullTerminatedBuffer",
      INT,
      '{"instances":[[1,2],[3,4],[5,6]]}X',
      row({ default: { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] } }),
    ],
    [
      "SingleUnnamedTensorBase64Scalars",
      { default: "string" },
      '{"instances":[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}]}',
      row({ default: { shape: [2], values: ["hello", "world"] } }),
    ],
    [
      "SingleUnnamedTensorBase64Lists",
      { default: "string" },
      '{"instances":[[{"b64":"aGVsbG8="}],[{"b64":"d29ybGQ="}]]}',
      row({ default: { shape: [2, 1], values: ["hello", "world"] } }),
    ],
    [
      "SingleNamedTensorBase64",
      { default: "string" },
      '{"instances":[{"default":[[{"b64":"aGVsbG8="}],[{"b64":"d29ybGQ="}]]}]}',
      row({ default: { shape: [1, 2, 1], values: ["hello", "world"] } }),
    ],
    [
      "MultipleNamedTensor",
      { int_tensor: "int32", str_tensor: "string", float_tensor: "float32", dbl_tensor: "float64" },
      `{"instances":[
        {"int_tensor":[[1,2],[3,4],[5,6]],"str_tensor":["foo","bar"],"float_tensor":[1.0,NaN],"dbl_tensor":[NaN]},
        {"int_tensor":[[7,8],[9,0],[1,2]],"str_tensor":["baz","bat"],"float_tensor":[2.0,Infinity],"dbl_tensor":[2.0]}]}`,
      row({
        int_tensor: { shape: [2, 3, 2], values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2] },
        str_tensor: { shape: [2, 2], values: ["foo", "bar", "baz", "bat"] },
        float_tensor: { shape: [2, 2], values: [1, Number.NaN, 2, Number.POSITIVE_INFINITY] },
        dbl_tensor: { shape: [2, 1], values: [Number.NaN, 2] },
      }),
    ],
    [
      "SingleUnnamedTensorColumnarFormat, named",
      { int_tensor: "int32" },
      '{"inputs":{"int_tensor":[[[1,2],[3,4],[5,6]]]}}',
      columns({ int_tensor: { shape: [1, 3, 2], values: [1, 2, 3, 4, 5, 6] } }),
    ],
    [
      "SingleUnnamedTensorColumnarFormat, plain",
      { int_tensor: "int32" },
      '{"inputs":[[[1,2],[3,4],[5,6]]]}',
      columns({ int_tensor: { shape: [1, 3, 2], values: [1, 2, 3, 4, 5, 6] } }),
    ],
    [
      "MultipleNamedTensorColumnarFormat",
      { int_tensor: "int32", str_tensor: "string", bin_tensor: "string" },
      '{"inputs":{"int_tensor":[[[1,2],[3,4],[5,6]]],"str_tensor":["foo","bar"],"bin_tensor":{"b64":"aGVsbG8="}}}',
      columns({
        int_tensor: { shape: [1, 3, 2], values: [1, 2, 3, 4, 5, 6] },
        str_tensor: { shape: [2], values: ["foo", "bar"] },
        bin_tensor: { shape: [], values: ["hello"] },
      }),
    ],
  ])("%s", (_name, schema, body, wanted) => {
    expect(read(schema, body)).toEqual(wanted);
  });
});

describe("TensorFlow Serving's own cases: refused", () => {
  const INT: Schema = { default: "int32" };
  const TWO: Schema = { int_tensor: "int32", str_tensor: "string" };
  const element = (int: string): string => `{"int_tensor":${int},"str_tensor":["a"]}`;
  it.each<[Schema, string, string]>([
    [INT, `{"signature_name":${nest}}`, "key must be a string value"],
    [INT, "", "document is empty"],
    [INT, '{"signature_name":5,"instances":[[1,2],[3,4],[5,6,7]]}', "must be a string value"],
    [INT, '{"instances":[[1,2]],"inputs":[[1,2]]}', "ot formatted correctly"],
    [INT, '{"instances":[[1,2],[3,4],[5,6,7]]}', "Expecting tensor size"],
    [INT, '{"instances":[[1,2],[3,4],[[5,6]]]}', "Expecting shape"],
    [INT, '{"instances":[1,[1]]}', "Expecting shape [] but got: [1]"],
    [INT, '{"instances":[[1,2],["a","b"]]}', "not of expected type"],
    [
      TWO,
      `{"instances":[${element("[[1,2],[3,4],[5,6]]")},${element("[[[7,8],[9,0],[1,2]]]")}]}`,
      "Expecting shape",
    ],
    [
      TWO,
      `{"instances":[${element("[[1,2],[3,4],[5,6],[7,8]]")},${element("[[7,8],[9,0],[1,2]]")}]}`,
      "Expecting tensor size: 8 but got: 6",
    ],
    [
      TWO,
      `{"instances":[${element("[1]")},[1,20,30]]}`,
      "Expecting object but got list at item 1 of input list",
    ],
    [
      { str_tensor: "string" },
      '{"instances":[["baz","bar"],{"str_tensor":["baz","bat"]}]}',
      "Expecting value/list but got object at item 1 of input list",
    ],
  ])("case %#", (schema, body, part) => {
    expect(read(schema, body)).toContain(part);
  });
});

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

describe("values", () => {
  it("keeps 64 bits exactly", () => {
    const body = '{"inputs":[9223372036854775807,-9223372036854775808,-1,0,-0,4294967296,9007199254740993]}';
    expect(read({ i: "int64" }, body)).toEqual(
      columns({
        i: {
          shape: [7],
          values: [9223372036854775807n, -9223372036854775808n, -1n, 0n, 0n, 4294967296n, 9007199254740993n],
        },
      }),
    );
    expect(read({ u: "uint64" }, '{"inputs":18446744073709551615}')).toEqual(
      columns({ u: { shape: [], values: [18446744073709551615n] } }),
    );
  });

  it("wraps narrow integers and takes the first of equal keys", () => {
    expect(read({ i: "uint8" }, '{"inputs":[300,-1,7]}')).toEqual(
      columns({ i: { shape: [3], values: [44, 255, 7] } }),
    );
    expect(
      read({ i: "int32" }, '{"inputs":[1],"inputs":[2],"signature_name":"a","signature_name":"b"}'),
    ).toEqual({
      format: "columnar",
      signature: "a",
      inputs: { i: { shape: [1], values: [1] } },
    });
    expect(read({ i: "int32" }, '{"instances":[{"i":1,"i":2},{"i":3}]}')).toEqual(
      row({ i: { shape: [2], values: [1, 3] } }),
    );
  });

  it("takes an input that is called b64", () => {
    const schema: Schema = { b64: "string", z: "float32" };
    expect(read(schema, '{"instances":[{"b64":"YQ==","z":1}]}')).toEqual(
      row({ b64: { shape: [1], values: ["YQ=="] }, z: { shape: [1], values: [1] } }),
    );
    expect(read({ b64: "float32" }, '{"instances":[{"b64":[1,2]}]}')).toEqual(
      row({ b64: { shape: [1, 2], values: [1, 2] } }),
    );
  });

  it("keeps empty lists and unescapes strings", () => {
    expect(read({ x: "float32" }, '{"inputs":[[],[]]}')).toEqual(
      columns({ x: { shape: [2, 0], values: [] } }),
    );
    expect(read({ s: "string" }, '{"inputs":["\\u00e9\\ud83d\\ude00\\n\\"é"]}')).toEqual(
      columns({ s: { shape: [1], values: ['é😀\n"é'] } }),
    );
  });
});

/** Nested lists of one shape, and that shape. */
const tensors = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 0, maxLength: 4 }).chain((shape) => {
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  );
  const nested = shape.reduceRight<fc.Arbitrary<unknown>>(
    (inner, size) => fc.array(inner, { minLength: size, maxLength: size }),
    numbers,
  );
  return nested.map((value) => ({ shape, value }));
});

describe("properties", () => {
  const flat = (value: unknown): number[] =>
    Array.isArray(value) ? value.flatMap(flat) : [Object.is(value, -0) ? 0 : (value as number)];

  it("reads what JSON.parse reads, wherever the body is cut", () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 1, max: 40 }), fc.boolean(), ({ value }, piece, pretty) => {
        const body = JSON.stringify({ inputs: value }, undefined, pretty ? 1 : undefined);
        const numbers = flat(value);
        for (const dtype of ["float32", "float64"] as const) {
          const result = read({ x: dtype }, body, piece);
          const values = dtype === "float32" ? numbers.map(Math.fround) : numbers;
          expect(result).toMatchObject({ inputs: { x: { values } } });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("finds the shape", () => {
    fc.assert(
      fc.property(tensors, ({ shape, value }) => {
        const wanted = shape.includes(0) ? shape.slice(0, shape.indexOf(0) + 1) : shape;
        expect(read({ x: "float32" }, JSON.stringify({ inputs: value }))).toMatchObject({
          inputs: { x: { shape: wanted } },
        });
      }),
      { numRuns: 200 },
    );
  });

  it("says the same of garbage wherever it is cut, and never throws", () => {
    const pieces = [
      '{"instances":',
      '{"inputs":',
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      "1",
      "-0.5e3",
      "NaN",
      '"b64"',
      '"x"',
      "null",
      " ",
      "\\",
      '"',
      "\u0000",
      "01",
      "1e999",
    ];
    const garbage = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        garbage,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom<DType>("float32", "string", "int64"),
        (parts, piece, dtype) => {
          const body = parts.join("");
          expect(read({ x: dtype }, body, piece)).toEqual(read({ x: dtype }, body));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
