import { expect, test } from "vitest";
import { parseGraph } from "../../graph/text.ts";
import { importedOpsets, irVersionFor } from "./opset.ts";

const version = (inputs: string, statement: string) =>
  importedOpsets(parseGraph(`graph g(${inputs}) -> (y) {\n opset ai.onnx 21\n ${statement}\n}`)).get("");

test.each([
  ["x: float32[n]", "y = Relu(x)", 18],
  ["x: float32[n]", "y = Gelu(x)", 20],
  ["x: float32[n, 4], s: float32[4]", "y = GroupNormalization(x, s, s) {num_groups = 2}", 21],
  ["x: float32[n, 4], s: float32[4]", "y = RMSNormalization(x, s)", 23],
  ["x: string[n]", "y = Equal(x, x)", 19],
  ["x: int64[n]", "y = Equal(x, x)", 18],
  ["x: bool[n]", "y = ReduceMax(x)", 20],
  ["x: float32[n, 3, 8]", "y = AveragePool(x) {kernel_shape = [2]}", 18],
  ["x: float32[n, 3, 8]", "y = AveragePool(x) {kernel_shape = [2], dilations = [2]}", 19],
  ["x: float32[n]", "y = Cast(x) {to = 17}", 19],
  ["x: float32[n]", "y = SomethingNew(x)", 21],
  [
    "c: bool[]",
    "y = If(c) {then_branch = graph t() -> (a) { a = HannWindow(c)\n b = Gelu(a) }, else_branch = graph e() -> (d) { d = Not(c) }}",
    20,
  ],
])("%s; %s needs opset %d", (inputs, statement, expected) => {
  expect(version(inputs, statement)).toBe(expected);
});

test("the file format is the one that was released with the opset", () => {
  expect([18, 19, 20, 21, 22, 23, 24, 25, 26, 27].map(irVersionFor)).toEqual([
    8, 9, 9, 10, 10, 11, 12, 13, 13, 14,
  ]);
});
