// Operators that move elements or change shapes, as one table: inputs, statements, what is inferred for the last.
import { expect, test } from "vitest";
import { inferText } from "../testing/infer-text.ts";

const INT64_MAX = "9223372036854775807";

test.each<[string, string[], string[]]>([
  ["x: float32[n, 2, 3]", ["y = Shape(x)"], ["int64[3] = [n, 2, 3]"]],
  ["x: float32[n, 2, 3]", ["y = Shape(x) {start = -2}"], ["int64[2] = [2, 3]"]],
  ["x: float32[n, 2, 3]", ["y = Shape(x) {end = 1}"], ["int64[1] = [n]"]],
  ["x: float32[n, 2, 3]", ["y = Size(x)"], ["int64[] = [6*n]"]],
  ["", ["y = Constant() {value = float32[2] [1.0, 2.0]}"], ["float32[2]"]],
  ["", ["y = Constant() {value_ints = [1, 2]}"], ["int64[2]"]],
  ["", ["s: int64[2] = [2, 1]", "y = ConstantOfShape(s) {value = int64[1] [7]}"], ["int64[2, 1] = [7, 7]"]],
  ["s: int64[3]", ["y = ConstantOfShape(s)"], ["float32[?, ?, ?]"]],
  ["x: float32[n]", ["y, mask = Dropout(x)"], ["float32[n]", "bool[n]"]],
  ["x: int64[n]", ["y = Identity(x)"], ["int64[n]"]],
  // Reshape and its kin
  ["x: float32[n, 2, 3]", ["s: int64[2] = [0, -1]", "y = Reshape(x, s)"], ["float32[n, 6]"]],
  ["x: float32[n, 6]", ["s: int64[3] = [-1, 2, 3]", "y = Reshape(x, s)"], ["float32[n, 2, 3]"]],
  ["x: float32[n, 6]", ["s: int64[2] = [-1, 4]", "y = Reshape(x, s)"], ["float32[floordiv(6*n, 4), 4]"]],
  ["x: float32[0, 3]", ["s: int64[2] = [0, 5]", "y = Reshape(x, s) {allowzero = 1}"], ["float32[0, 5]"]],
  ["x: float32[n], s: int64[2]", ["y = Reshape(x, s)"], ["float32[?, ?]"]],
  ["x: float32[n, 2, 3]", ["y = Flatten(x)"], ["float32[n, 6]"]],
  ["x: float32[n, 2, 3]", ["y = Flatten(x) {axis = 0}"], ["float32[1, 6*n]"]],
  ["x: float32[n, 2, 3]", ["y = Flatten(x) {axis = 3}"], ["float32[6*n, 1]"]],
  ["x: float32[n, 1, 3]", ["a: int64[1] = [-2]", "y = Squeeze(x, a)"], ["float32[n, 3]"]],
  ["x: float32[2, 1, 3, 1]", ["y = Squeeze(x)"], ["float32[2, 3]"]],
  ["x: float32[n, 3]", ["a: int64[2] = [0, -1]", "y = Unsqueeze(x, a)"], ["float32[1, n, 3, 1]"]],
  ["x: float32[n, 2, 3]", ["y = Transpose(x)"], ["float32[3, 2, n]"]],
  ["", ["m: int64[2, 2] = [1, 2, 3, 4]", "y = Transpose(m) {perm = [1, 0]}"], ["int64[2, 2] = [1, 3, 2, 4]"]],
  // Concat, Split, Slice
  ["a: float32[n, 2], b: float32[n, 3]", ["y = Concat(a, b) {axis = -1}"], ["float32[n, 5]"]],
  ["a: float32[n, 2], b: float32[m, 2]", ["y = Concat(a, b) {axis = 0}"], ["float32[m + n, 2]"]],
  ["", ["m: int64[2, 1] = [1, 2]", "y = Concat(m, m) {axis = 1}"], ["int64[2, 2] = [1, 1, 2, 2]"]],
  ["x: float32[n, 6]", ["a, b = Split(x) {axis = 1, num_outputs = 2}"], ["float32[n, 3]", "float32[n, 3]"]],
  ["x: float32[7]", ["a, b = Split(x) {num_outputs = 2}"], ["float32[4]", "float32[3]"]],
  ["x: float32[7, n]", ["s: int64[2] = [2, 5]", "a, b = Split(x, s)"], ["float32[2, n]", "float32[5, n]"]],
  [
    "x: float32[n, 2, 3, 4]",
    ["s = Shape(x)", "k: int64[2] = [1, 3]", "a, b = Split(s, k)"],
    ["int64[1] = [n]", "int64[3] = [2, 3, 4]"],
  ],
  [
    "x: float32[n, 8]",
    ["b: int64[1] = [1]", `e: int64[1] = [${INT64_MAX}]`, "y = Slice(x, b, e, b)"],
    ["float32[n, 7]"],
  ],
  [
    "x: float32[8]",
    [
      "b: int64[1] = [-1]",
      "e: int64[1] = [-9]",
      "z: int64[1] = [0]",
      "s: int64[1] = [-2]",
      "y = Slice(x, b, e, z, s)",
    ],
    ["float32[4]"],
  ],
  [
    "x: float32[n]",
    ["z: int64[1] = [0]", "e: int64[1] = [-1]", "y = Slice(x, z, e)"],
    ["float32[max(0, n - 1)]"],
  ],
  ["x: float32[n]", ["z: int64[1] = [0]", "e: int64[1] = [4]", "y = Slice(x, z, e)"], ["float32[min(4, n)]"]],
  [
    "x: float32[n, 3]",
    ["z: int64[1] = [0]", "s = Shape(x) {end = 1}", "y = Slice(x, z, s)"],
    ["float32[n, 3]"],
  ],
  [
    "x: float32[n, 5], b: int64[1], e: int64[1]",
    ["z: int64[1] = [1]", "y = Slice(x, b, e, z)"],
    ["float32[n, ?]"],
  ],
  [
    "",
    [
      "v: int64[4] = [1, 2, 3, 4]",
      "b: int64[1] = [3]",
      `e: int64[1] = [-${INT64_MAX}]`,
      "z: int64[1] = [0]",
      "s: int64[1] = [-1]",
      "y = Slice(v, b, e, z, s)",
    ],
    ["int64[4] = [4, 3, 2, 1]"],
  ],
  // Gather and scatter
  ["x: float32[n, 5], i: int64[2, 3]", ["y = Gather(x, i) {axis = 1}"], ["float32[n, 2, 3]"]],
  ["x: float32[n, 2, 3]", ["s = Shape(x)", "i: int64[] = [-1]", "y = Gather(s, i)"], ["int64[] = [3]"]],
  ["x: float32[n, 5], i: int64[n, 2]", ["y = GatherElements(x, i) {axis = 1}"], ["float32[n, 2]"]],
  ["x: float32[n, 5, 6], i: int64[7, 2]", ["y = GatherND(x, i)"], ["float32[7, 6]"]],
  ["x: float32[n, 5, 6], i: int64[n, 7, 1]", ["y = GatherND(x, i) {batch_dims = 1}"], ["float32[n, 7, 6]"]],
  ["x: float32[n, 5], i: int64[n, 2], u: float32[n, 2]", ["y = ScatterElements(x, i, u)"], ["float32[n, 5]"]],
  ["x: float32[n, 5], i: int64[2, 1], u: float32[2, 5]", ["y = ScatterND(x, i, u)"], ["float32[n, 5]"]],
  // Repeating
  ["x: float32[n, 1]", ["s: int64[3] = [2, 1, 4]", "y = Expand(x, s)"], ["float32[2, n, 4]"]],
  [
    "",
    ["x: int64[2, 1] = [1, 2]", "s: int64[2] = [2, 2]", "y = Expand(x, s)"],
    ["int64[2, 2] = [1, 1, 2, 2]"],
  ],
  ["x: float32[n, 1], s: int64[2]", ["y = Expand(x, s)"], ["float32[?, ?]"]],
  ["x: float32[n, 2]", ["r: int64[2] = [1, 3]", "y = Tile(x, r)"], ["float32[n, 6]"]],
  ["", ["x: int64[2] = [1, 2]", "r: int64[1] = [2]", "y = Tile(x, r)"], ["int64[4] = [1, 2, 1, 2]"]],
  ["x: float32[n, 3]", ["p: int64[4] = [0, 1, 2, -1]", "y = Pad(x, p)"], ["float32[n + 2, 3]"]],
  [
    "x: float32[n, 3]",
    ["p: int64[2] = [1, 1]", "a: int64[1] = [-1]", "y = Pad(x, p, _, a)"],
    ["float32[n, 5]"],
  ],
  // Ranges
  [
    "",
    ["a: int64[] = [2]", "b: int64[] = [9]", "d: int64[] = [3]", "y = Range(a, b, d)"],
    ["int64[3] = [2, 5, 8]"],
  ],
  [
    "",
    ["a: float32[] = [0.0]", "b: float32[] = [1.0]", "d: float32[] = [0.3]", "y = Range(a, b, d)"],
    ["float32[4]"],
  ],
  [
    "x: float32[n]",
    ["z: int64[] = [0]", "o: int64[] = [1]", "s = Size(x)", "y = Range(z, s, o)"],
    ["int64[n]"],
  ],
  ["b: int64[]", ["z: int64[] = [0]", "o: int64[] = [1]", "y = Range(z, b, o)"], ["int64[?]"]],
  ["x: float32[n, 8, 2, 2]", ["y = DepthToSpace(x) {blocksize = 2}"], ["float32[n, 2, 4, 4]"]],
  ["x: float32[n, 2, 4, 4]", ["y = SpaceToDepth(x) {blocksize = 2}"], ["float32[n, 8, 2, 2]"]],
])("%s; %j", (inputs, statements, expected) => {
  expect(inferText(inputs, ...statements)).toEqual(expected);
});

test.each<[string, string[], string]>([
  ["x: float32[2, 3]", ["s: int64[1] = [5]", "y = Reshape(x, s)"], "6 elements cannot become [5]"],
  [
    "x: float32[2, 3]",
    ["s: int64[2] = [-1, 4]", "y = Reshape(x, s)"],
    "6 elements cannot be arranged in rows of 4",
  ],
  ["x: float32[2, 3]", ["a: int64[1] = [0]", "y = Squeeze(x, a)"], "axis 0 has size 2, not 1"],
  ["x: float32[2, 3]", ["y = Transpose(x) {perm = [0, 0]}"], "perm 0, 0 is no order of 2 dimensions"],
  ["a: float32[2, 3], b: float32[3]", ["y = Concat(a, b) {axis = 0}"], "2 and 1 dimensions are joined"],
  ["a: float32[2, 3]", ["y = Concat(a, a)"], "attribute axis is missing"],
  ["a: float32[2, 3]", ["i: int64[] = [0]", "y = Gather(a, i) {axis = 2}"], "axis 2 of 2 dimensions"],
  ["a: float32[2, 3], i: int64[4, 9]", ["y = GatherElements(a, i) {axis = 1}"], "size 4 on axis 0 of 2"],
  ["x: float32[2]", ["z: int64[1] = [0]", "y = Slice(x, z, z, z, z)"], "a step is 0"],
  ["x: float32[2]", ["p: int64[1] = [0]", "y = Pad(x, p)"], "1 pads for 1 axes"],
  [
    "x: float32[7]",
    ["s: int64[2] = [2, 2000000000]", "a, b = Split(x, s)"],
    "sizes 2, 2000000000 of an axis of 7",
  ],
  ["x: float32[2], a: int64[7919]", ["y = Unsqueeze(x, a)"], "7920 dimensions are more than the 254"],
  ["s: int64[2000000000]", ["y = ConstantOfShape(s)"], "2000000000 dimensions are more than the 254"],
  ["x: float32[2]", ["y = Reshape(x)"], "input 1 of 2 that it must have is missing"],
  ["x: float32[2]", ["y = Relu(x, x)"], "it has 2 inputs, 1 at most are known"],
])("%s; %j is refused", (inputs, statements, message) => {
  expect(() => inferText(inputs, ...statements)).toThrow(message);
});
