import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("MatMul and Gemm", () => {
  it("multiply by a weight in two dimensions", () => {
    const text = `graph main(x: float32[n, t, 4]) -> (y) {
      w: float32[4, 2] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
      y = MatMul(x, w)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,4])",
        "MatMul(Reshape, [1,2,3,4,5,6,7,8])",
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "StridedSlice(Shape, [1], [2], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, StridedSlice_1, 2)",
        "Reshape(MatMul, Pack)",
        "Identity(Reshape_1)",
      ]
    `);
  });

  it("promote vectors", () => {
    const text = `graph main(x: float32[4], m: float32[n, 4, 2]) -> (y) {
      y = MatMul(x, m)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "ExpandDims(x, 0)",
        "BatchMatMulV2(ExpandDims, m)",
        "Squeeze(BatchMatMulV2) {squeeze_dims=[-2]}",
        "Identity(Squeeze)",
      ]
    `);
  });

  it("add a bias of one row as a vector", () => {
    const text = `graph main(x: float32[n, 4]) -> (y) {
      w: float32[2, 4] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
      b: float32[1, 2] = [1.0, 2.0]
      y = Gemm(x, w, b) {transB = 1, beta = 0.5}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "MatMul(x, [1,2,3,4,5,6,7,8]) {transpose_b=true}",
        "Mul([1,2], 0.5)",
        "BiasAdd(MatMul, Mul)",
        "Identity(BiasAdd)",
      ]
    `);
  });
});
