import { expect, test } from "vitest";
import type { Graph, Value } from "./graph.ts";
import { forgetTypes, inferTypes, typeProblems } from "./infer-types.ts";
import { parseGraph } from "./text.ts";
import { typeText } from "./type.ts";

/** The types of the outputs as text, for graphs that are written as text. */
function outputTypes(text: string): string[] {
  const graph = parseGraph(text);
  const typed = inferTypes(graph);
  return graph.outputs.map((output) => typeText(typed.typeOf(output)));
}

test("shapes are carried through shape arithmetic", () => {
  expect(
    outputTypes(`graph g(x: float32[batch, 12, 4]) -> (y, z) {
      axis: int64[1] = [0]
      zero: int64[] = [0]
      one: int64[1] = [1]
      rest: int64[1] = [-1]
      shape = Shape(x)
      batch = Gather(shape, zero)
      row = Unsqueeze(batch, axis)
      target = Concat(row, rest) {axis = 0}
      y = Reshape(x, target)
      ones = Expand(one, shape)
      z = Add(ones, ones)
    }`),
  ).toEqual(["float32[batch, 48]", "int64[batch, 12, 4]"]);
});

test("a declared size fills in what inference cannot know", () => {
  expect(
    outputTypes(`graph g(x: float32[n]) -> (y) {
      y: int64[1, found] = NonZero(x)
    }`),
  ).toEqual(["int64[1, found]"]);
});

test("an inferred symbol wins over a declared number", () => {
  expect(outputTypes("graph g(x: float32[batch, 2]) -> (y) { y: float32[1, 2] = Relu(x) }")).toEqual([
    "float32[batch, 2]",
  ]);
});

test("every node that does not fit is named, with its inputs", () => {
  const graph = parseGraph(`graph g(a: float32[2, 3], b: float32[4, 5]) -> (y) {
    s = Add(a, b) @ first
    m = MatMul(a, b) @ second
    y = Add(s, m)
  }`);
  expect(() => inferTypes(graph)).toThrow(
    /Add 's' of first: sizes 2 and 4 do not broadcast; its inputs are float32\[2, 3\], float32\[4, 5\][\s\S]*MatMul 'm' of second/,
  );
});

test("contradicting declarations are problems, and inference goes on with what it computed", () => {
  const graph = parseGraph("graph g(x: float32[2, 3]) -> (y) { y: float32[2, 4] = Relu(x) }");
  expect(typeText(inferTypes(graph).typeOf(graph.outputs[0] as Value))).toBe("float32[2, 3]");
  expect(typeProblems(graph).map((problem) => problem.code)).toEqual(["TYPES_DISAGREE"]);
});

test("only asking for an unknown rank fails", () => {
  const graph = parseGraph("graph g(x: float32[...]) -> (y) { y = Relu(x) @ head }");
  const typed = inferTypes(graph);
  expect(() => typed.typeOf(graph.outputs[0] as Value)).toThrow(
    /made by Relu 'y' of head, is float32\[\.\.\.\]/,
  );
});

test("fresh symbols do not collide with declared ones", () => {
  const graph = parseGraph(`graph g(x: float32[unknown_0]) -> (y) { y = NonZero(x) }`);
  expect(typeText(inferTypes(graph).typeOf(graph.outputs[0] as Value))).toBe("int64[1, unknown_0_]");
});

test("branches agree on what they share, loops carry what stays", () => {
  const text = `graph g(c: bool[], x: float32[n, 3], m: int64[]) -> (y, last, all) {
    y = If(c) {then_branch = graph t() -> (a) { a = Relu(x) }, else_branch = graph e() -> (b) {
      w: float32[1, 3] = [0.0, 0.0, 0.0]
      b = Identity(w)
    }}
    last, all = Loop(m, _, x) {body = graph body(i: int64[], go: bool[], v) -> (keep, longer, row) {
      keep = Identity(go)
      longer = Concat(v, x) {axis = 0}
      row = ReduceSum(v) {keepdims = 0}
    }}
  }`;
  expect(outputTypes(text).map((type) => type.replace(/unknown_\d+/, "?"))).toEqual([
    "float32[?, 3]",
    "float32[?, 3]",
    "float32[?]",
  ]);
});

test("loops in loops in loops stay within their bound", () => {
  const nest = (depth: number): string =>
    depth === 0
      ? "out = Relu(v0)"
      : `r${depth} = Loop(m, _, v${depth}) {body = graph b${depth}(i${depth}: int64[], g${depth}: bool[], v${depth - 1}) -> (k${depth}, o${depth}) {
           k${depth} = Identity(g${depth})
           ${nest(depth - 1)}
           o${depth} = Concat(v${depth - 1}, v${depth - 1}) {axis = 0}
         }}`;
  const graph = parseGraph(`graph g(m: int64[], v12: float32[n]) -> (r12) {\n${nest(12)}\n}`);
  const started = process.cpuUsage();
  inferTypes(graph);
  expect(process.cpuUsage(started).user).toBeLessThan(1e6);
});

test("types of computed values can be forgotten", () => {
  const graph: Graph = parseGraph("graph g(x: float32[2]) -> (y) { y: float32[2] = Relu(x) }");
  forgetTypes(graph);
  expect(graph.outputs[0]?.type).toBeUndefined();
});

test("sizes that grow without end become unknown, in time", () => {
  const squares = Array.from({ length: 60 }, (_, at) => `s${at + 1} = Mul(s${at}, s${at})`).join("\n");
  const maxima = Array.from(
    { length: 60 },
    (_, at) => `t${at} = Sub(m${at}, one)\nm${at + 1} = Max(t${at}, m${at})`,
  );
  const started = process.cpuUsage();
  const types = outputTypes(`graph g(x: float32[a, b]) -> (s60, m60) {
    one: int64[] = [1]
    s0 = Shape(x)
    zero: int64[] = [0]
    m0 = Gather(s0, zero)
    ${squares}
    ${maxima.join("\n")}
  }`);
  expect(types).toEqual(["int64[2]", "int64[]"]);
  expect(process.cpuUsage(started).user).toBeLessThan(2e6);
});

test("a reshape of many sums is unknown, not endless", () => {
  const axes = Array.from({ length: 24 }, (_, at) => at);
  const names = axes.map((at) => `a${at}`).join(", ");
  const joined = axes.map((at) => `c${at + 1} = Concat(c${at}, d${at}) {axis = ${at}}`);
  const inputs = axes.map(
    (at) =>
      `d${at}: float32[${axes.map((axis) => (axis < at ? `a${axis} + b${axis}` : axis === at ? `b${at}` : `a${axis}`)).join(", ")}]`,
  );
  const text = `graph g(c0: float32[${names}], ${inputs.join(", ")}) -> (y) {
    flat: int64[1] = [-1]
    ${joined.join("\n")}
    y = Reshape(c24, flat)
  }`;
  expect(() => outputTypes(text)).toThrow(/'y', made by Reshape 'y', is unknown/);
});
