import { describe, expect, test } from "vitest";
import { parseGraph, printGraph } from "../graph/text.ts";
import { verifyGraph } from "../graph/verify.ts";
import { INLINE_BRANCHES } from "./inline-branches.ts";
import { MERGE_CONSTANTS } from "./merge-constants.ts";
import { MERGE_EQUAL_NODES } from "./merge-equal-nodes.ts";
import { optimize, PASSES } from "./optimize.ts";
import type { Fact } from "./pass.ts";
import { REMOVE_DEAD_NODES } from "./remove-dead-nodes.ts";
import { REMOVE_IDENTITIES } from "./remove-identities.ts";
import { afterPass } from "./testing/run-pass.ts";

test("what a pass requires has been ensured before it", () => {
  const facts = new Set<Fact>();
  for (const pass of PASSES) {
    for (const fact of pass.requires) expect(facts, `${pass.name} requires ${fact}`).toContain(fact);
    for (const fact of pass.ensures) facts.add(fact);
  }
});

test("dead nodes go, with what only they used; a loop nobody reads frees the values it captures", () => {
  expect(
    afterPass(
      REMOVE_DEAD_NODES,
      `graph g(x: float32[n], m: int64[]) -> (y) {
        y = Relu(x)
        a = Neg(x)
        b = Abs(a)
        l = Loop(m, _, x) {body = graph body(i: int64[], c: bool[], v) -> (k, w) {
          k = Identity(c)
          w = Add(v, b)
        }}
      }`,
    ),
  ).toEqual(["y = Relu(x)"]);
});

describe("identities", () => {
  const simplified = (text: string) => afterPass(REMOVE_IDENTITIES, text);

  test.each([
    "Identity(a)",
    "Dropout(a)",
    "Cast(a) {to = 1}",
    "Reshape(a, keep)",
    "Expand(a, ones)",
    "Transpose(a) {perm = [0, 1]}",
    "Pad(a, zeros4)",
    "Slice(a, zero, end, zero)",
    "Concat(a) {axis = 0}",
    "Tile(a, ones)",
    "Mul(one, a)",
    "Div(a, one)",
    "Add(a, nought)",
    "Sub(a, nought)",
  ])("%s goes", (statement) => {
    const lines = simplified(`graph g(x: float32[n, 3]) -> (z) {
      keep: int64[2] = [0, 3]
      ones: int64[2] = [1, 1]
      zeros4: int64[4] = [0, 0, 0, 0]
      one: float32[] = [1.0]
      nought: float32[1, 1] = [0.0]
      zero: int64[1] = [0]
      end: int64[1] = [9223372036854775807]
      a = Neg(x)
      y = ${statement}
      z = Relu(y)
    }`);
    expect(lines).toEqual(["a = Neg(x)", "z = Relu(a)"]);
  });

  test("one that turns an axis round, drops with training or casts stays", () => {
    const lines = simplified(`graph g(x: float32[4], t: bool[]) -> (z) {
      b: int64[1] = [-1]
      e: int64[1] = [-9]
      a: int64[1] = [0]
      r: float32[] = [0.5]
      s = Slice(x, b, e, a, b)
      d = Dropout(s, r, t)
      z = Cast(d) {to = 11}
    }`);
    expect(lines.slice(-3)).toEqual([
      "s = Slice(x, b, e, a, b)",
      "d = Dropout(s, r, t)",
      "z = Cast(d) {to = 11}",
    ]);
  });

  test("arithmetic that broadcasts or starts from a constant stays", () => {
    const lines = simplified(`graph g(x: float32[n]) -> (y, z) {
      one: float32[1, 1] = [1.0]
      scalar: float32[] = [1.0]
      y = Mul(x, one)
      z = Div(scalar, x)
    }`);
    expect(lines.slice(-2)).toEqual(["y = Mul(x, one)", "z = Div(scalar, x)"]);
  });

  test("names of outputs stay: the producer takes the name, an input keeps its own", () => {
    expect(
      simplified("graph g(x: float32[n]) -> (y, z) { a = Neg(x)\n y = Identity(a)\n z = Identity(x) }"),
    ).toEqual(["y = Neg(x)", "z = Identity(x)"]);
  });

  test("two outputs of one value stay two", () => {
    expect(simplified("graph g(x: float32[n]) -> (y, z) { y = Neg(x)\n z = Identity(y) }")).toEqual([
      "y = Neg(x)",
      "z = Identity(y)",
    ]);
  });
});

test("equal small constants become one, weights of equal contents do not", () => {
  expect(
    afterPass(
      MERGE_CONSTANTS,
      `graph g(x: float32[n, 2]) -> (y) {
        a: int64[2] = [-1, 2]
        b: int64[2] = [-1, 2]
        c: int32[2] = [-1, 2]
        v: float32[2] = [1.0, 1.0]
        w: float32[2] = [1.0, 1.0]
        p = Reshape(x, a)
        q = Reshape(p, b)
        r = Mul(q, v)
        y = Mul(r, w)
      }`,
    ).slice(-4),
  ).toEqual(["p = Reshape(x, a)", "q = Reshape(p, a)", "r = Mul(q, v)", "y = Mul(r, w)"]);
});

test("equal nodes become one; random ones, other attributes and outputs do not", () => {
  expect(
    afterPass(
      MERGE_EQUAL_NODES,
      `graph g(x: float32[n, 2]) -> (y, z) {
        a = Softmax(x) {axis = 0}
        b = Softmax(x) {axis = 0}
        c = Softmax(x) {axis = 1}
        d = RandomNormalLike(x)
        e = RandomNormalLike(x)
        y = Sum(a, b, c, d, e)
        z = Sum(a, b, c, d, e)
      }`,
    ),
  ).toEqual([
    "a = Softmax(x) {axis = 0}",
    "c = Softmax(x) {axis = 1}",
    "d = RandomNormalLike(x)",
    "e = RandomNormalLike(x)",
    "y = Sum(a, a, c, d, e)",
    "z = Sum(a, a, c, d, e)",
  ]);
});

test("an If with a constant condition becomes its branch", () => {
  const text = (condition: string) => `graph g(x: float32[n]) -> (y, z) {
    c: bool[] = [${condition}]
    a = Neg(x)
    b = Exp(x)
    y, z = If(c) {then_branch = graph t() -> (p, q) {
      p = Relu(a)
      q = Abs(p)
    }, else_branch = graph e() -> (x, b) {
    }}
  }`;
  expect(afterPass(INLINE_BRANCHES, text("true"))).toEqual(["a = Neg(x)", "y = Relu(a)", "z = Abs(y)"]);
  expect(afterPass(INLINE_BRANCHES, text("false"))).toEqual(["z = Exp(x)", "y = Identity(x)"]);
});

test("passes reach into branches, and stop", () => {
  const graph = parseGraph(`graph g(c: bool[], x: float32[n, 2]) -> (y) {
    y = If(c) {then_branch = graph t() -> (p) {
      s = Shape(x)
      r = Reshape(x, s)
      p = Identity(r)
    }, else_branch = graph e() -> (q) {
      q = Neg(x)
    }}
  }`);
  optimize(graph);
  expect(verifyGraph(graph)).toEqual([]);
  expect(printGraph(graph, { types: false })).toContain("p = Identity(x)");
});

test("a model of ten thousand nodes takes well under a second", () => {
  const lines = ["zero: int64[] = [0]", "axis: int64[1] = [0]", "rest: int64[1] = [-1]"];
  for (let at = 0; at < 1250; at++) {
    lines.push(
      `s${at} = Shape(x${at})`,
      `g${at} = Gather(s${at}, zero)`,
      `u${at} = Unsqueeze(g${at}, axis)`,
      `c${at} = Concat(u${at}, rest) {axis = 0}`,
      `r${at} = Reshape(x${at}, c${at})`,
      `i${at} = Identity(r${at})`,
      `h${at} = HardSigmoid(i${at}) {alpha = 0.16666667, beta = 0.5}`,
      `x${at + 1} = Mul(i${at}, h${at})`,
    );
  }
  const graph = parseGraph(`graph g(x0: float32[batch, 64]) -> (x1250) {\n${lines.join("\n")}\n}`);
  const started = process.cpuUsage();
  optimize(graph);
  expect(graph.nodes).toHaveLength(1250);
  expect(process.cpuUsage(started).user).toBeLessThan(3e6); // about 200 ms; processor time, since machines are shared
});
