// TensorFlow Serving's util/json_tensor_test.cc: answers (MakeJsonFromTensors), each case under its own name. Numbers are
// compared as text, which is stricter than there.
import { describe, expect, it } from "vitest";
import { Problem } from "../../../core/errors.ts";
import type { TensorValue } from "../../../engine/engine.ts";
import { floatTensor, stringTensor } from "../../testing/example-model.ts";
import type { PredictFormat } from "../rest/read-predict-body.ts";
import { writePredictions } from "../rest/write-predictions.ts";

const ints = (shape: readonly number[], values: readonly number[]): TensorValue => ({
  dtype: "int32",
  shape,
  data: new Uint8Array(Int32Array.from(values).buffer),
});
const TWELVE = ints([2, 3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]);
const BYTES = stringTensor([2, 2], ["hello", "world", "tf", "serving"]);

/** The answer without the blanks between its parts, or the message of what is wrong. */
function json(outputs: Readonly<Record<string, TensorValue>>, format: PredictFormat): string {
  const pieces = writePredictions(new Map(Object.entries(outputs)), format);
  if (pieces instanceof Problem) return pieces.message;
  return Buffer.concat([...pieces])
    .toString()
    .replace(/\s+/g, "");
}

type Case = readonly [
  name: string,
  outputs: Readonly<Record<string, TensorValue>>,
  rows: string,
  columns: string,
];

const ANSWERS: readonly Case[] = [
  [
    "FromJsonSingleTensor",
    { int_tensor: TWELVE },
    '{"predictions":[[[1,2],[3,4],[5,6]],[[7,8],[9,0],[1,2]]]}',
    '{"outputs":[[[1,2],[3,4],[5,6]],[[7,8],[9,0],[1,2]]]}',
  ],
  [
    "FromJsonSingleScalarTensor",
    { int_tensor: ints([5], [1, 2, 3, 4, 5]) },
    '{"predictions":[1,2,3,4,5]}',
    '{"outputs":[1,2,3,4,5]}',
  ],
  [
    "FromJsonSingleBytesTensor",
    { str_tensor_bytes: BYTES },
    '{"predictions":[[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}],[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]]}',
    '{"outputs":[[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}],[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]]}',
  ],
  [
    "FromJsonSingleFloatTensorSixDigitPrecision",
    { float_tensor: floatTensor([2, 3], [9000000, 999999, 0.5, 0.0003, 0.00003, 555557.5]) },
    '{"predictions":[[9e+06,999999.0,0.5],[0.0003,3e-05,555557.5]]}',
    '{"outputs":[[9e+06,999999.0,0.5],[0.0003,3e-05,555557.5]]}',
  ],
  [
    "FromJsonSingleFloatTensorNonFinite",
    {
      float_tensor: floatTensor([2, 2], [Number.NaN, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY]),
    },
    '{"predictions":[[NaN,Infinity],[3.0,-Infinity]]}',
    '{"outputs":[[NaN,Infinity],[3.0,-Infinity]]}',
  ],
  [
    "FromJsonMultipleNamedTensors",
    {
      double_scalar_tensor: {
        dtype: "float64",
        shape: [2],
        data: new Uint8Array(Float64Array.of(8, 9).buffer),
      },
      float_tensor: floatTensor([2, 1], [1, 2]),
      int_tensor: TWELVE,
      str_tensor: stringTensor([2, 2], ["foo", "bar", "baz", "bat"]),
      str_tensor_bytes: BYTES,
    },
    '{"predictions":[{"double_scalar_tensor":8.0,"float_tensor":[1.0],"int_tensor":[[1,2],[3,4],[5,6]],' +
      '"str_tensor":["foo","bar"],"str_tensor_bytes":[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}]},' +
      '{"double_scalar_tensor":9.0,"float_tensor":[2.0],"int_tensor":[[7,8],[9,0],[1,2]],' +
      '"str_tensor":["baz","bat"],"str_tensor_bytes":[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]}]}',
    '{"outputs":{"double_scalar_tensor":[8.0,9.0],"float_tensor":[[1.0],[2.0]],' +
      '"int_tensor":[[[1,2],[3,4],[5,6]],[[7,8],[9,0],[1,2]]],"str_tensor":[["foo","bar"],["baz","bat"]],' +
      '"str_tensor_bytes":[[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}],[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]]}}',
  ],
  ["FromJsonSingleZeroBatchTensor", { int_tensor: ints([0, 2], []) }, '{"predictions":[]}', '{"outputs":[]}'],
  [
    "FromJsonMultipleZeroBatchTensors",
    { str_tensor: stringTensor([0, 1, 2], []), float_tensor: floatTensor([0, 3, 4], []) },
    '{"predictions":[]}',
    '{"outputs":{"str_tensor":[],"float_tensor":[]}}',
  ],
];

describe("json_tensor_test: answers", () => {
  it.each<Case>(ANSWERS)("%s", (_name, outputs, rows, columns) => {
    expect(json(outputs, "row")).toBe(rows);
    expect(json(outputs, "columnar")).toBe(columns);
  });
});

const COMPLEX: TensorValue = { dtype: "complex64", shape: [1], data: new Uint8Array(8) };
const STRINGS = stringTensor([1, 3], ["foo", "bar", "baz"]);

describe("json_tensor_test: answers that there are not", () => {
  it.each<[string, Readonly<Record<string, TensorValue>>, string]>([
    ["FromJsonSingleTensorErrors: no tensor", {}, "Cannot convert empty tensor map to JSON"],
    [
      "FromJsonSingleTensorErrors: complex numbers",
      { tensor: COMPLEX },
      "Failed to write JSON value for tensor type: complex64",
    ],
    [
      "FromJsonSingleTensorErrors: no dimensions",
      { tensor: ints([], [1]) },
      "Tensor name: tensor has no shape information ",
    ],
    [
      "FromJsonMultipleNamedTensorsErrors",
      { int_tensor: ints([2, 3], [1, 2, 3, 4, 5, 6]), str_tensor: STRINGS },
      "Tensor name: str_tensor has inconsistent batch size: 1 expecting: 2",
    ],
    [
      "FromJsonMultipleZeroBatchTensorsErrors",
      { int_tensor: ints([0, 2], []), str_tensor: stringTensor([1, 2], ["foo", "bar"]) },
      "Tensor name: str_tensor has inconsistent batch size: 1 expecting: 0",
    ],
  ])("%s", (_name, outputs, message) => {
    expect(json(outputs, "row")).toBe(message);
  });
});
