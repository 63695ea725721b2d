import { expect, test } from "vitest";
import { parseGraph } from "../graph/text.ts";
import { type Tensor, tensorFromBytes } from "../tensor/tensor.ts";
import { FOLD_CONSTANTS } from "./fold-constants.ts";
import { FOLD_WITH_ENGINE } from "./fold-with-engine.ts";
import { optimize } from "./optimize.ts";
import type { Evaluate } from "./pass.ts";
import { afterPass } from "./testing/run-pass.ts";

test("known sizes are computed, free ones stay", () => {
  const lines = afterPass(
    FOLD_CONSTANTS,
    `graph g(x: float32[n, 3, 4]) -> (y, z) {
      i: int64[] = [1]
      j: int64[] = [0]
      s = Shape(x)
      c = Gather(s, i)
      b = Gather(s, j)
      y = Add(c, c)
      z = Mul(b, c)
    }`,
  );
  expect(lines).toEqual([
    "j: int64[] = [0]",
    "Add/constant: int64[] = [3]",
    "s = Shape(x)",
    "b = Gather(s, j)",
    "y = Add(Add/constant, Add/constant)",
    "z = Mul(b, Add/constant)",
  ]);
});

/** A tensor that must not be read while passes run. */
function unread(shape: readonly number[]): Tensor {
  const tensor = tensorFromBytes("float32", shape, new Uint8Array(shape.reduce((a, b) => a * b, 4)));
  return {
    ...tensor,
    read: () => {
      throw new Error("a weight was read");
    },
  };
}

test("weights are moved without being read, and keep their names", () => {
  const graph = parseGraph(`graph g(x: float32[n, 64]) -> (y) {
    weight: float32[32, 64] = random(1)
    t = Transpose(weight) {perm = [1, 0]}
    y = MatMul(x, t)
  }`);
  const weight = graph.nodes[0]?.inputs[0];
  if (weight) weight.initializer = unread([32, 64]);
  optimize(graph);
  expect(graph.nodes.map((node) => node.op)).toEqual(["MatMul"]);
  const folded = graph.nodes[0]?.inputs[1];
  expect(folded?.name).toBe("weight");
  expect(folded?.initializer?.shape).toEqual([64, 32]);
  expect(folded?.initializer?.transposeOf?.base).toBe(weight?.initializer);
});

test("moved bytes are right: transpose, slice, concat, reshape, cast", () => {
  const read = (statement: string): number[] => {
    const graph = parseGraph(`graph g(x: float32[...]) -> (y) {
      w: float32[2, 600] = random(3)
      v: float32[2, 600] = random(4)
      b: int64[1] = [1]
      e: int64[1] = [599]
      s: int64[1] = [2]
      shape: int64[2] = [-1, 300]
      m = ${statement}
      y = Mul(x, m)
    }`);
    const [w, v] = ["w", "v"].map((name) => {
      const value = [...graph.nodes.flatMap((node) => node.inputs)].find((input) => input?.name === name);
      return value?.initializer ? new Float32Array(value.initializer.read().slice().buffer) : undefined;
    });
    optimize(graph);
    const folded = graph.nodes[0]?.inputs[1]?.initializer;
    expect(graph.nodes).toHaveLength(1);
    const bytes = folded?.read().slice() ?? new Uint8Array();
    const data =
      folded?.dtype === "float64" ? new Float64Array(bytes.buffer) : new Float32Array(bytes.buffer);
    return [data[1], data[data.length - 1], w?.[1], w?.[1199], w?.[600], v?.[1199], w?.[599]].map(
      (x) => x ?? Number.NaN,
    );
  };
  const [t1, tLast, , wLast, wSecondRow] = read("Transpose(w) {perm = [1, 0]}");
  expect([t1, tLast]).toEqual([wSecondRow, wLast]);
  const [, cLast, , , , vLast] = read("Concat(w, v) {axis = 1}");
  expect(cLast).toBe(vLast);
  const [r1, rLast, w1, wEnd] = read("Reshape(w, shape)");
  expect([r1, rLast]).toEqual([w1, wEnd]);
  const graph = parseGraph(`graph g(x: float32[n]) -> (y) {
    w: float32[1200] = random(3)
    b: int64[1] = [1]
    e: int64[1] = [1200]
    a: int64[1] = [0]
    s: int64[1] = [2]
    m = Slice(w, b, e, a, s)
    y = Mul(x, m)
  }`);
  const all = new Float32Array(graph.nodes[0]?.inputs[0]?.initializer?.read().slice().buffer as ArrayBuffer);
  optimize(graph);
  const part = new Float32Array(graph.nodes[0]?.inputs[1]?.initializer?.read().slice().buffer as ArrayBuffer);
  expect([...part]).toEqual([...all].filter((_, index) => index % 2 === 1));
});

test("constants do not grow: a large Expand stays", () => {
  const lines = afterPass(
    FOLD_CONSTANTS,
    `graph g(x: float32[...]) -> (y) {
      one: int64[1] = [1]
      s: int64[2] = [1000, 1000]
      e = Expand(one, s)
      y = Add(x, e)
    }`,
  );
  expect(lines.some((line) => line.startsWith("e = Expand"))).toBe(true);
});

test("random operators are never folded", () => {
  const lines = afterPass(
    FOLD_CONSTANTS,
    "graph g() -> (y) {\n r = RandomNormal() {shape = [2]}\n y = Neg(r)\n}",
  );
  expect(lines).toEqual(["r = RandomNormal() {shape = [2]}", "y = Neg(r)"]);
});

const CONSTANT_EXP = `graph g(x: float32[2]) -> (y) {
  k: float32[2] = [0.0, 1.0]
  e = Exp(k)
  s = Tanh(e)
  y = Mul(x, s)
}`;

test("an engine folds what exact arithmetic does not cover, as one graph", () => {
  let asked: string[] = [];
  const evaluate: Evaluate = (graph) => {
    asked = graph.nodes.map((node) => node.op);
    expect(graph.inputs).toHaveLength(0);
    return graph.outputs.map(() =>
      tensorFromBytes("float32", [2], new Uint8Array(new Float32Array([5, 6]).buffer)),
    );
  };
  expect(afterPass(FOLD_WITH_ENGINE, CONSTANT_EXP, { evaluate })).toEqual([
    "Mul/constant: float32[2] = [5.0, 6.0]",
    "y = Mul(x, Mul/constant)",
  ]);
  expect(asked).toEqual(["Exp", "Tanh"]);
});

test("an engine may make a weight as large as what it comes from, but no larger", () => {
  const sizes: string[] = [];
  const evaluate: Evaluate = (graph) => {
    sizes.push(...graph.outputs.map((output) => output.producer?.op ?? ""));
    throw new Error("only asked");
  };
  afterPass(
    FOLD_WITH_ENGINE,
    `graph g(x: float32[300, 400]) -> (y, z) {
      w: float32[300, 400] = random(1)
      v: float32[300, 1] = random(2)
      u: float32[1, 400] = random(3)
      a = Tanh(w)
      o = Mul(v, u)
      b = Exp(o)
      y = Mul(x, a)
      z = Mul(x, b)
    }`,
    { evaluate },
  );
  expect(sizes).toEqual(["Tanh"]);
});

test("without an engine, or if it fails, nothing changes", () => {
  const before = CONSTANT_EXP.split("\n")
    .slice(1, -1)
    .map((line) => line.trim());
  expect(afterPass(FOLD_WITH_ENGINE, CONSTANT_EXP)).toEqual(before);
  const evaluate = () => {
    throw new Error("no such kernel");
  };
  expect(afterPass(FOLD_WITH_ENGINE, CONSTANT_EXP, { evaluate })).toEqual(before);
});
