// TensorFlow Serving's util/json_tensor_test.cc: requests (FillPredictRequestFromJson), each case under its own name.
import { describe, expect, it } from "vitest";
import { columns, read, row, type Schema } from "../../testing/read-body.ts";

const NEST = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
const INT: Schema = { default: "int32" };
const FLOAT: Schema = { default: "float32" };
const DOUBLE: Schema = { default: "float64" };
const STRING: Schema = { default: "string" };
const ROWS = '{"instances": [[1,2],[3,4],[5,6]]}';
const THREE_BY_TWO = row({ default: { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] } });
const ONE_TO_SIX = columns({ int_tensor: { shape: [1, 3, 2], values: [1, 2, 3, 4, 5, 6] } });
const MIXED = [1, 2, 3, 4, 5.003, 0.007, 0];
/** A list with one value in it, as `default`. */
const one = (value: number) => row({ default: { shape: [1], values: [value] } });

type Case = readonly [name: string, schema: Schema, body: string, wanted: unknown];

const ACCEPTED: readonly Case[] = [
  ["SingleUnnamedTensor", INT, ROWS, THREE_BY_TWO],
  ["DeeplyNestedWellFormed", INT, `{"instances":[1], "nested":${NEST}}`, one(1)],
  [
    "MixedInputForFloatTensor",
    FLOAT,
    '{"instances": [1, 2.0, 3, 4, 5.003, 0.007, 0.0]}',
    row({ default: { shape: [7], values: MIXED.map(Math.fround) } }),
  ],
  [
    "MixedInputForDoubleTensor",
    DOUBLE,
    '{"instances": [1.0, 2, 3, 4, 0.662, 0, 0.0]}',
    row({ default: { shape: [7], values: [1, 2, 3, 4, 0.662, 0, 0] } }),
  ],
  ["FloatTensorWithPrecisionLoss, an integer", FLOAT, '{"instances": [1435774380]}', one(1435774336)],
  ["FloatTensorWithPrecisionLoss, a decimal", FLOAT, '{"instances": [1435774380.0]}', one(1435774336)],
  [
    "FloatTensorThatExceedsMaxReturnsInf",
    FLOAT,
    '{"instances": [1.7976931348623157e308]}',
    one(Number.POSITIVE_INFINITY),
  ],
  [
    "FloatTensorThatExceedsMaxReturnsInf, negative",
    FLOAT,
    '{"instances": [-1.7976931348623157e308]}',
    one(Number.NEGATIVE_INFINITY),
  ],
  ["FloatTensorThatExceedsMinReturnsZero", FLOAT, '{"instances": [2.2250738585072014e-308]}', one(0)],
  [
    "FloatTensorThatExceedsMinReturnsZero, negative",
    FLOAT,
    '{"instances": [-2.2250738585072014e-308]}',
    one(-0),
  ],
  [
    "SingleUnnamedTensorWithSignature",
    INT,
    '{"signature_name": "predict_images", "instances": [[1,2]]}',
    row({ default: { shape: [1, 2], values: [1, 2] } }, "predict_images"),
  ],
  ["TensorFromNonNullTerminatedBuffer, whose rest is part of the body", INT, `${ROWS}X`, THREE_BY_TWO],
  [
    "SingleUnnamedTensorBase64Scalars",
    STRING,
    '{"instances": [ { "b64" : "aGVsbG8=" }, { "b64": "d29ybGQ=" } ]}',
    row({ default: { shape: [2], values: ["hello", "world"] } }),
  ],
  [
    "SingleUnnamedTensorBase64Lists",
    STRING,
    '{"instances": [ [{ "b64" : "aGVsbG8=" }], [{ "b64": "d29ybGQ=" }] ]}',
    row({ default: { shape: [2, 1], values: ["hello", "world"] } }),
  ],
  [
    "SingleNamedTensorBase64",
    STRING,
    '{"instances": [{"default": [ [{ "b64" : "aGVsbG8=" }], [{ "b64": "d29ybGQ=" }] ]}]}',
    row({ default: { shape: [1, 2, 1], values: ["hello", "world"] } }),
  ],
  [
    "MultipleNamedTensor",
    { int_tensor: "int32", str_tensor: "string", float_tensor: "float32", dbl_tensor: "float64" },
    `{"instances": [
      {"int_tensor": [[1,2],[3,4],[5,6]], "str_tensor": ["foo", "bar"],
       "float_tensor": [1.0, NaN], "dbl_tensor": [NaN]},
      {"int_tensor": [[7,8],[9,0],[1,2]], "str_tensor": ["baz", "bat"],
       "float_tensor": [2.0, Infinity], "dbl_tensor": [2.0]}]}`,
    row({
      int_tensor: { shape: [2, 3, 2], values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2] },
      str_tensor: { shape: [2, 2], values: ["foo", "bar", "baz", "bat"] },
      float_tensor: { shape: [2, 2], values: [1, Number.NaN, 2, Number.POSITIVE_INFINITY] },
      dbl_tensor: { shape: [2, 1], values: [Number.NaN, 2] },
    }),
  ],
  [
    "SingleUnnamedTensorColumnarFormat",
    { int_tensor: "int32" },
    '{"inputs": {"int_tensor": [[[1,2],[3,4],[5,6]]]}}',
    ONE_TO_SIX,
  ],
  [
    "SingleUnnamedTensorColumnarFormat, without the name",
    { int_tensor: "int32" },
    '{"inputs": [[[1,2],[3,4],[5,6]]]}',
    ONE_TO_SIX,
  ],
  [
    "MultipleNamedTensorColumnarFormat",
    { int_tensor: "int32", str_tensor: "string", bin_tensor: "string" },
    '{"inputs": {"int_tensor": [[[1,2],[3,4],[5,6]]], "str_tensor": ["foo", "bar"], "bin_tensor": { "b64" : "aGVsbG8=" }}}',
    columns({
      int_tensor: { shape: [1, 3, 2], values: [1, 2, 3, 4, 5, 6] },
      str_tensor: { shape: [2], values: ["foo", "bar"] },
      bin_tensor: { shape: [], values: ["hello"] },
    }),
  ],
];

describe("json_tensor_test: requests", () => {
  it.each(ACCEPTED)("%s", (_name, schema, body, wanted) => {
    expect(read(schema, body)).toEqual(wanted);
  });

  it("TensorFromNonNullTerminatedBuffer", () => {
    const memory = Buffer.from(`${ROWS}X`);
    expect(read(INT, memory.subarray(0, -1))).toEqual(THREE_BY_TWO);
  });
});

const TWO: Schema = { int_tensor: "int32", str_tensor: "string" };
const element = (int: string, str: string): string => `{"int_tensor": ${int}, "str_tensor": ${str}}`;
const FOO = '["foo", "bar"]';
const BAZ = '["baz", "bat"]';

const REFUSED: readonly (readonly [name: string, schema: Schema, body: string, part: string])[] = [
  ["DeeplyNestedMalformed", INT, `{"signature_name":${NEST}}`, "key must be a string value"],
  ["SingleUnnamedTensorErrors: no text", INT, "", "document is empty"],
  [
    "SingleUnnamedTensorErrors: the signature's name is a number",
    INT,
    '{"signature_name": 5, "instances": [[1,2],[3,4],[5,6,7]]}',
    "must be a string value",
  ],
  [
    "SingleUnnamedTensorErrors: both keys",
    INT,
    '{"instances": [[1,2],[3,4],[5,6,7]], "inputs": [[1,2],[3,4],[5,6,7]]}',
    "Not formatted correctly",
  ],
  ["SingleUnnamedTensorErrors: size", INT, '{"instances": [[1,2],[3,4],[5,6,7]]}', "Expecting tensor size"],
  ["SingleUnnamedTensorErrors: shape", INT, '{"instances": [[1,2],[3,4],[[5,6]]]}', "Expecting shape"],
  ["SingleUnnamedTensorErrors: rank", INT, '{"instances": [1, [1]]}', "Expecting shape"],
  ["SingleUnnamedTensorErrors: type", INT, '{"instances": [[1,2],["a", "b"]]}', "not of expected type"],
  [
    "MultipleNamedTensorErrors: shape",
    TWO,
    `{"instances": [${element("[[1,2],[3,4],[5,6]]", FOO)}, ${element("[[[7,8],[9,0],[1,2]]]", BAZ)}]}`,
    "Expecting shape",
  ],
  [
    "MultipleNamedTensorErrors: size",
    TWO,
    `{"instances": [${element("[[1,2],[3,4],[5,6],[7,8]]", FOO)}, ${element("[[7,8],[9,0],[1,2]]", BAZ)}]}`,
    "Expecting tensor size",
  ],
  [
    "MultipleNamedTensorErrors: a list among objects",
    TWO,
    `{"instances": [${element("[[1,2],[3,4],[5,6]]", FOO)}, [1, 20, 30], ${element("[[[7,8],[9,0],[1,2]]]", BAZ)}]}`,
    "Expecting object but got list",
  ],
  [
    "MultipleNamedTensorErrors: an object among lists",
    { str_tensor: "string" },
    '{"instances": [["baz", "bar"], {"str_tensor": ["baz", "bat"]}]}',
    "Expecting value/list but got object",
  ],
];

describe("json_tensor_test: requests that are refused", () => {
  it.each(REFUSED)("%s", (_name, schema, body, part) => {
    expect(read(schema, body)).toContain(part);
  });
});
