import { describe, expect, it } from "vitest";
import { loweredText } from "../testing/lower-text.ts";

const zeros = (count: number) => new Array<string>(count).fill("0.5").join(", ");

function conv(name: string, input: string, from: number, to: number): string {
  return `${name}_w: float32[${to}, ${from}, 1, 1] = [${zeros(from * to)}]
  ${name} = Conv(${input}, ${name}_w) {kernel_shape = [1, 1]}`;
}

/** The operators of the lowered graph in order. */
function operators(text: string): string[] {
  return loweredText(text).map((line) => line.slice(0, line.indexOf("(")));
}

const transposes = (text: string) => operators(text).filter((op) => op === "Transpose").length;

describe("layouts", () => {
  it("transpose once for an image that comes in, and not between its convolutions", () => {
    const text = `graph main(x: float32[n, 3, 4, 4]) -> (y) {
      ${conv("a", "x", 3, 5)}
      r = Relu(a)
      ${conv("b", "r", 5, 5)}
      s = Add(b, r)
      y = GlobalAveragePool(s)
    }`;
    expect(operators(text)).toEqual([
      "Transpose",
      "Conv2D",
      "Relu",
      "Conv2D",
      "AddV2",
      "Mean",
      "Reshape",
      "Identity",
    ]);
  });

  it("transpose an image with one channel by a reshape", () => {
    const text = `graph main(x: float32[n, 1, 4, 4]) -> (y) {
      ${conv("a", "x", 1, 5)}
      y = GlobalMaxPool(a)
    }`;
    expect(transposes(text)).toBe(0);
  });

  it("follow a model that permutes to channels-last itself", () => {
    const text = `graph main(x: float32[n, 4, 6, 6]) -> (y) {
      ${conv("a", "x", 4, 4)}
      p = Transpose(a) {perm = [0, 2, 3, 1]}
      scale: float32[4] = [${zeros(4)}]
      l = LayerNormalization(p, scale)
      w: float32[4, 4] = [${zeros(16)}]
      m = MatMul(l, w)
      q = Transpose(m) {perm = [0, 3, 1, 2]}
      ${conv("b", "q", 4, 4)}
      y = GlobalAveragePool(b)
    }`;
    expect(transposes(text)).toBe(1);
  });

  it("count one transpose for a value with several readers", () => {
    const text = `graph main(x: float32[n, 3, 4, 4]) -> (y, z) {
      ${conv("a", "x", 3, 5)}
      ${conv("b", "x", 3, 5)}
      y = GlobalAveragePool(a)
      z = GlobalMaxPool(b)
    }`;
    expect(transposes(text)).toBe(1);
  });

  it("leave a graph without images alone", () => {
    const text = `graph main(x: float32[n, 3, 4, 4]) -> (y) {
      a = Relu(x)
      y = Softmax(a) {axis = 3}
    }`;
    expect(operators(text)).toEqual(["Relu", "Softmax", "Identity"]);
  });

  it("fold a weight's rows instead of transposing what is flattened", () => {
    const text = `graph main(x: float32[n, 3, 2, 2]) -> (y) {
      ${conv("a", "x", 3, 2)}
      f = Flatten(a) {axis = 1}
      w: float32[8, 2] = [${Array.from({ length: 16 }, (_, index) => `${index}.0`).join(", ")}]
      y = MatMul(f, w)
    }`;
    expect(transposes(text)).toBe(1);
    expect(operators(text)).toEqual(["Transpose", "Conv2D", "Reshape", "MatMul", "Identity"]);
  });

  it("bring gates, biases per channel and concatenations along", () => {
    const text = `graph main(x: float32[n, 4, 4, 4]) -> (y) {
      ${conv("a", "x", 4, 4)}
      p = GlobalAveragePool(a)
      ${conv("g", "p", 4, 4)}
      s = Sigmoid(g)
      m = Mul(a, s)
      bias: float32[4, 1, 1] = [1.0, 2.0, 3.0, 4.0]
      b = Add(m, bias)
      c = Concat(b, a) {axis = 1}
      ${conv("d", "c", 8, 2)}
      y = GlobalAveragePool(d)
    }`;
    expect(transposes(text)).toBe(1);
    expect(loweredText(text).filter((line) => /^(ConcatV2|AddV2)/.test(line))).toEqual([
      "AddV2(Mul, [1,2,3,4])",
      "ConcatV2(AddV2, Conv2D, 3)",
    ]);
  });

  it("are right where sizes are equal and only names tell axes apart", () => {
    const text = `graph main(x: float32[4, 4, 4, 4]) -> (y) {
      ${conv("a", "x", 4, 4)}
      axes: int64[1] = [1]
      m = ReduceMax(a, axes) {keepdims = 0}
      y = Softmax(m) {axis = 1}
    }`;
    const lines = loweredText(text);
    expect(lines.find((line) => line.startsWith("Max"))).toBe("Max(Conv2D, [3]) {keep_dims=false}");
    expect(lines.filter((line) => line.startsWith("Transpose"))).toHaveLength(3);
  });

  it("shuffle channels with one transpose, which the shuffle is", () => {
    const text = `graph main(x: float32[n, 3, 4, 4]) -> (y) {
      ${conv("a", "x", 3, 6)}
      cut: int64[5] = [0, 2, 3, 4, 4]
      g = Reshape(a, cut)
      t = Transpose(g) {perm = [0, 2, 1, 3, 4]}
      whole: int64[4] = [0, 6, 4, 4]
      s = Reshape(t, whole)
      p, q = Split(s) {axis = 1, num_outputs = 2}
      ${conv("b", "q", 3, 3)}
      c = Concat(p, b) {axis = 1}
      y = GlobalAveragePool(c)
    }`;
    expect(transposes(text)).toBe(2);
  });
});
