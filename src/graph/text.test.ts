import { expect, test } from "vitest";
import { attributeOf } from "./graph.ts";
import { parseGraph, printGraph } from "./text.ts";

const EVERYTHING = `graph main(x: float32[batch, 3], n: int64[], c: bool[]) -> (y, z) {
  opset ai.onnx 21
  opset com.microsoft 1
  w: float32[3, 2] = [1.0, 0.5, -2.0, 0.0, 0.1, 1e-7]
  big: int64[1] = [9223372036854775807]
  words: string[2] = ["a b", "\\""]
  flags: bool[2] = [true, false]
  h: float32[batch, 2] = MatMul(x, w) @ layers.0/linear
  a: float32[2*batch - 1, floordiv(batch, 2)], _, "odd name" = Strange(_, h) {alpha = 1.0, axes = [1, -1], beta = -inf, names = ["x"], none = [], nothing = floats [], to = 1}
  k = ConstantOfShape(big) {value = float32[1] [0.5]}
  y = com.microsoft::Gelu("odd name", words, flags)
  z = If(c) {then_branch = graph then() -> (t) {
    t: sequence(float32[...]) = SequenceConstruct(k)
  }, else_branch = graph else() -> (e) {
    e = SequenceConstruct(h, h)
  }}
}`;

test("what is printed parses to the same graph", () => {
  expect(printGraph(parseGraph(EVERYTHING))).toBe(EVERYTHING);
});

test("attributes keep their kinds", () => {
  const [, node] = parseGraph(EVERYTHING).nodes;
  expect(node && attributeOf(node, "alpha", "float")).toBe(1);
  expect(node && attributeOf(node, "to", "int")).toBe(1);
  expect(node && attributeOf(node, "none", "ints")).toEqual([]);
  expect(node && attributeOf(node, "beta", "float")).toBe(Number.NEGATIVE_INFINITY);
});

test("consumers are counted, in subgraphs too", () => {
  const graph = parseGraph(EVERYTHING);
  const [matmul, , , , branch] = graph.nodes;
  expect(matmul?.outputs[0]?.consumers.has(branch as never)).toBe(true);
});

test("large constants are left out, random ones are always the same", () => {
  const text = `graph g() -> (w) {
    w: float32[100] = random(7)
  }`;
  expect(printGraph(parseGraph(text))).toBe("graph g() -> (w) {\n  w: float32[100] = ...\n}");
  const read = () => parseGraph(text).outputs[0]?.initializer?.read();
  expect(read()).toEqual(read());
});

test.each([
  ["graph g(x) -> (y) {\n}", 'line 1: "y" where a value defined before is wanted'],
  ["graph g(x) -> (x) {\n  x = Relu(x)\n}", "which is taken"],
  ["graph g(x) -> (x) {\n  y = Relu(x) {a = }\n}", "line 2"],
  ["graph g(x: float31[2]) -> (x) {}", "a dtype"],
  ["graph g(x) -> (x) { w: int32[2] = [1] }", "2 elements"],
  ["graph g(x) -> (x) { ; }", "is no token"],
])("%j is refused", (text, message) => {
  expect(() => parseGraph(text)).toThrow(message);
});
