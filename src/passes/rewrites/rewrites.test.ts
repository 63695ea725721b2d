import { describe, expect, test } from "vitest";
import { FOLD_BATCH_NORM } from "../fold-batch-norm.ts";
import { afterRewrite, refusals } from "../testing/run-pass.ts";
import { FOLDED_TRANSPOSE } from "./folded-transpose.ts";
import { ERF_TO_GELU } from "./gelu.ts";
import { MATMUL_ADD_TO_GEMM } from "./gemm.ts";
import { MEAN_TO_GLOBAL_AVERAGE_POOL } from "./global-average-pool.ts";
import { CLIP_TO_HARD_SIGMOID, CLIP_TO_HARD_SWISH, HARD_SIGMOID_TO_HARD_SWISH } from "./hard-swish.ts";
import { DECOMPOSED_LAYER_NORM } from "./layer-norm.ts";
import { RESHAPE_CHAIN } from "./reshape-chain.ts";
import { RESHAPE_TARGET } from "./reshape-target.ts";
import { TRANSPOSE_PAIRS } from "./transpose-pairs.ts";

const last = (lines: readonly string[]) => lines.filter((line) => /= \w+\(/.test(line));

describe("MatMul + Add to Gemm", () => {
  const graph = (bias: string, input = "float32[n, 3]") => `graph g(x: ${input}) -> (y) {
    w: float32[3, 2] = random(1)
    ${bias} = random(2)
    m = MatMul(x, w)
    y = Add(b, m)
  }`;
  test("with a row", () => {
    expect(last(afterRewrite(MATMUL_ADD_TO_GEMM, graph("b: float32[2]")))).toEqual(["y = Gemm(x, w, b)"]);
  });
  test.each([
    ["b: float32[1]", "float32[n, 3]", "no row of the product's width"],
    ["b: float32[2]", "float32[n, 4, 3]", "the data is no matrix"],
  ])("not with %s and %s", (bias, input, reason) => {
    expect(last(afterRewrite(MATMUL_ADD_TO_GEMM, graph(bias, input)))).toHaveLength(2);
    expect(refusals(MATMUL_ADD_TO_GEMM, graph(bias, input)).join()).toContain(reason);
  });
  test("not if somebody else reads the product", () => {
    const text = graph("b: float32[2]").replace("-> (y)", "-> (y, m)");
    expect(refusals(MATMUL_ADD_TO_GEMM, text).join()).toContain("used elsewhere");
  });
});

describe("hard activations", () => {
  const constants =
    "three: float32[] = [3.0]\nzero: float32[] = [0.0]\nsix: float32[] = [6.0]\nsixth: float32[] = [0.16666667]";
  const graph = (body: string) => `graph g(x: float32[n]) -> (y) {\n${constants}\n${body}\n}`;
  const relu6 = "a = Add(x, three)\nc = Clip(a, zero, six)";

  test.each([
    [CLIP_TO_HARD_SIGMOID, `${relu6}\ny = Div(c, six)`, /HardSigmoid\(x\)/],
    [CLIP_TO_HARD_SIGMOID, `${relu6}\ny = Mul(sixth, c)`, /HardSigmoid\(x\)/],
    [CLIP_TO_HARD_SWISH, `${relu6}\nm = Mul(x, c)\ny = Div(m, six)`, /^y = HardSwish\(x\)$/],
    [CLIP_TO_HARD_SWISH, `${relu6}\nm = Mul(c, x)\ny = Mul(m, sixth)`, /^y = HardSwish\(x\)$/],
    [
      HARD_SIGMOID_TO_HARD_SWISH,
      "h = HardSigmoid(x) {alpha = 0.16666667, beta = 0.5}\ny = Mul(h, x)",
      /^y = HardSwish\(x\)$/,
    ],
  ])("%#", (rewrite, body, expected) => {
    const lines = last(afterRewrite(rewrite, graph(body)));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(expected);
  });

  test.each([
    "h = HardSigmoid(x)\ny = Mul(h, x)",
    "n = Neg(x)\nh = HardSigmoid(n) {alpha = 0.16666667, beta = 0.5}\ny = Mul(h, x)",
    "h = HardSigmoid(x) {alpha = 0.16666667, beta = 0.4}\ny = Mul(h, x)",
  ])("others stay: %j", (body) => {
    expect(last(afterRewrite(HARD_SIGMOID_TO_HARD_SWISH, graph(body))).at(-1)).toBe("y = Mul(h, x)");
  });
});

describe("Erf chain to Gelu", () => {
  const graph = (body: string) => `graph g(x: float32[n]) -> (y) {
    root: float32[] = [1.4142135]
    inverse: float32[] = [0.70710677]
    one: float32[] = [1.0]
    half: float32[] = [0.5]
    halves: float32[1, 1] = [0.5]
    ${body}
  }`;
  test.each([
    "d = Div(x, root)\ne = Erf(d)\na = Add(e, one)\nm = Mul(x, a)\ny = Mul(m, half)",
    "d = Mul(x, inverse)\ne = Erf(d)\na = Add(one, e)\nm = Mul(x, half)\ny = Mul(m, a)",
    "d = Div(x, root)\ne = Erf(d)\na = Add(e, one)\nm = Mul(half, a)\ny = Mul(x, m)",
  ])("%j", (body) => {
    expect(last(afterRewrite(ERF_TO_GELU, graph(body)))).toEqual(["y = Gelu(x)"]);
  });
  test.each([
    "d = Div(x, half)\ne = Erf(d)\na = Add(e, one)\nm = Mul(x, a)\ny = Mul(m, half)",
    "n = Neg(x)\nd = Div(n, root)\ne = Erf(d)\na = Add(e, one)\nm = Mul(x, a)\ny = Mul(m, half)",
    "d = Div(x, root)\ne = Erf(d)\na = Add(e, one)\ny = Mul(x, a)",
    "d = Div(x, root)\ne = Erf(d)\na = Add(e, one)\nm = Mul(x, a)\ny = Mul(m, halves)", // [1, n]
  ])("others stay: %j", (body) => {
    expect(last(afterRewrite(ERF_TO_GELU, graph(body))).join()).not.toContain("Gelu");
  });
});

describe("decomposed layer normalization", () => {
  const graph = (
    square: string,
    axis: string,
    scale = "float32[8]",
    input = "float32[n, 4, 8]",
  ) => `graph g(x: ${input}) -> (y) {
    axis: int64[1] = [${axis}]
    two: float32[] = [2.0]
    eps: float32[] = [0.00001]
    w: ${scale} = random(1)
    b: ${scale} = random(2)
    mean = ReduceMean(x, axis)
    d = Sub(x, mean)
    s = ${square}
    v = ReduceMean(s, axis)
    e = Add(v, eps)
    r = Sqrt(e)
    n = Div(d, r)
    m = Mul(n, w)
    y = Add(m, b)
  }`;
  test.each(["Pow(d, two)", "Mul(d, d)"])("with %s", (square) => {
    expect(last(afterRewrite(DECOMPOSED_LAYER_NORM, graph(square, "-1")))).toEqual([
      "y = LayerNormalization(x, w, b) {axis = -1, epsilon = 0.000009999999747378752}",
    ]);
  });
  test("not over an axis that is not the last, not with another scale, not in half precision", () => {
    expect(refusals(DECOMPOSED_LAYER_NORM, graph("Mul(d, d)", "1", "float32[8]"))[0]).toContain(
      "not the last",
    );
    expect(refusals(DECOMPOSED_LAYER_NORM, graph("Mul(d, d)", "-1", "float32[1]"))[0]).toContain(
      "shape of the last axes",
    );
  });
});

test("ReduceMean over the spatial axes is GlobalAveragePool", () => {
  const graph = (axes: string, rest = "") => `graph g(x: float32[n, 3, h, w]) -> (y) {
    a: int64[2] = [${axes}]
    y = ReduceMean(x, a)${rest}
  }`;
  expect(last(afterRewrite(MEAN_TO_GLOBAL_AVERAGE_POOL, graph("-1, 2")))).toEqual([
    "y = GlobalAveragePool(x)",
  ]);
  expect(last(afterRewrite(MEAN_TO_GLOBAL_AVERAGE_POOL, graph("1, 2")))).toEqual(["y = ReduceMean(x, a)"]);
  expect(last(afterRewrite(MEAN_TO_GLOBAL_AVERAGE_POOL, graph("2, 3", " {keepdims = 0}")))).toHaveLength(1);
});

describe("shapes", () => {
  test("a reshape of a reshape is the last one", () => {
    const graph = (target: string) => `graph g(x: float32[n, 2, 3]) -> (y) {
      t: int64[2] = [${target}]
      f = Flatten(x)
      y = Reshape(f, t)
    }`;
    expect(last(afterRewrite(RESHAPE_CHAIN, graph("-1, 3")))).toEqual(["y = Reshape(x, t)"]);
    expect(refusals(RESHAPE_CHAIN, graph("0, -1"))[0]).toContain("copied");
  });

  test("a computed target is a constant: -1 for one free size, 0 for those that stay", () => {
    const graph = (input: string, rest: string, output: string) => `graph g(x: ${input}) -> (y) {
      c: int64[${rest.split(",").length}] = [${rest}]
      s = Shape(x) {end = ${output}}
      t = Concat(s, c) {axis = 0}
      y = Reshape(x, t)
    }`;
    expect(afterRewrite(RESHAPE_TARGET, graph("float32[n, 2, 3]", "6", "1"))).toEqual([
      "Reshape/constant: int64[2] = [-1, 6]",
      "y = Reshape(x, Reshape/constant)",
    ]);
    expect(afterRewrite(RESHAPE_TARGET, graph("float32[n, s, 6]", "2, 3", "2"))).toEqual([
      "Reshape/constant: int64[4] = [0, -1, 2, 3]",
      "y = Reshape(x, Reshape/constant)",
    ]);
  });

  test("two sizes that both change place stay computed", () => {
    const text = `graph g(x: float32[n, s, m]) -> (y) {
      i: int64[3] = [2, 0, 1]
      z = Shape(x)
      t = Gather(z, i)
      y = Reshape(x, t)
    }`;
    expect(refusals(RESHAPE_TARGET, text)).toHaveLength(1);
  });

  test("transposes compose", () => {
    expect(
      last(
        afterRewrite(
          TRANSPOSE_PAIRS,
          "graph g(x: float32[a, b, c]) -> (y) { t = Transpose(x) {perm = [1, 2, 0]}\n y = Transpose(t) {perm = [1, 2, 0]} }",
        ),
      ),
    ).toEqual(["y = Transpose(x) {perm = [2, 0, 1]}"]);
  });

  test("a transpose of folded matrices is one of the last two axes", () => {
    const graph = (perm: string, back: string) => `graph g(x: float32[n, 4, 5, 6]) -> (y) {
      fold: int64[3] = [-1, 5, 6]
      back: int64[4] = [${back}]
      f = Reshape(x, fold)
      t = Transpose(f) {perm = [${perm}]}
      y = Reshape(t, back)
    }`;
    expect(last(afterRewrite(FOLDED_TRANSPOSE, graph("0, 2, 1", "-1, 4, 6, 5")))).toEqual([
      "y = Transpose(x) {perm = [0, 1, 3, 2]}",
    ]);
    expect(last(afterRewrite(FOLDED_TRANSPOSE, graph("0, 2, 1", "-1, 2, 6, 5")))).toHaveLength(3);
    expect(last(afterRewrite(FOLDED_TRANSPOSE, graph("0, 1, 2", "-1, 4, 5, 6")))).toHaveLength(3);
  });
});

describe("batch normalization", () => {
  const graph = (rest: string, outputs = "y") => `graph g(x: float32[n, 2, 8, 8]) -> (${outputs}) {
    w: float32[4, 2, 3, 3] = random(1)
    s: float32[4] = random(2)
    b: float32[4] = random(3)
    m: float32[4] = random(4)
    v: float32[4] = [1.0, 2.0, 3.0, 4.0]
    c = Conv(x, w) @ stem.conv
    ${rest}
  }`;
  test("goes into the convolution, which keeps its origin and the weight its name", () => {
    const lines = afterRewrite(FOLD_BATCH_NORM, graph("y = BatchNormalization(c, s, b, m, v) @ stem.bn"));
    expect(last(lines)).toEqual(["y = Conv(x, w, b) @ stem.conv"]);
  });
  test.each([
    ["y = BatchNormalization(c, s, b, m, v)", "y, c", "used elsewhere"],
    ["n = BatchNormalization(c, s, b, m, v)\ny = Add(n, c)", "y", "used elsewhere"],
    ["y = BatchNormalization(c, s, b, m, v) {training_mode = 1}", "y", "training mode"],
    ["k = Abs(m)\ny = BatchNormalization(c, s, b, k, v)", "y", "parameters are no constants"],
  ])("stays: %j", (rest, outputs, reason) => {
    expect(refusals(FOLD_BATCH_NORM, graph(rest, outputs))[0]).toContain(reason);
  });
});
