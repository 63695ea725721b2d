import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Attention", () => {
  it("lets the heads of a group share a key by broadcasting", () => {
    const text = `graph main(q: float32[n, 4, 5, 4], k: float32[n, 2, 6, 4], v: float32[n, 2, 6, 4]) -> (y) {
      y = Attention(q, k, v)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Mul(q, 0.70711)",
        "Mul(k, 0.70711)",
        "Reshape(Mul, [-1,2,2,5,4])",
        "ExpandDims(Mul_1, 2)",
        "BatchMatMulV2(Reshape, ExpandDims) {adj_y=true}",
        "Reshape(BatchMatMulV2, [-1,4,5,6])",
        "Softmax(Reshape_1)",
        "Reshape(Softmax, [-1,2,2,5,6])",
        "ExpandDims(v, 2)",
        "BatchMatMulV2(Reshape_2, ExpandDims_1)",
        "Reshape(BatchMatMulV2_1, [-1,4,5,4])",
        "Identity(Reshape_3)",
      ]
    `);
  });

  it("gives zeros where everything is masked, and sees the past", () => {
    const text = `graph main(q: float32[n, 5, 8], k: float32[n, 5, 8], v: float32[n, 5, 8], pk: float32[n, 2, 3, 4], pv: float32[n, 2, 3, 4]) -> (y) {
      y = Attention(q, k, v, _, pk, pv) {is_causal = 1, q_num_heads = 2, kv_num_heads = 2, softcap = 2.0}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(q, [-1,5,2,4])",
        "Transpose(Reshape, [0,2,1,3])",
        "Reshape(k, [-1,5,2,4])",
        "Transpose(Reshape_1, [0,2,1,3])",
        "ConcatV2(pk, Transpose_1, 2)",
        "Reshape(v, [-1,5,2,4])",
        "Transpose(Reshape_2, [0,2,1,3])",
        "ConcatV2(pv, Transpose_2, 2)",
        "Mul(Transpose, 0.70711)",
        "Mul(ConcatV2, 0.70711)",
        "BatchMatMulV2(Mul, Mul_1) {adj_y=true}",
        "RealDiv(BatchMatMulV2, 2)",
        "Tanh(RealDiv)",
        "Mul(2, Tanh)",
        "Range(0, 8, 1)",
        "Range(0, 5, 1)",
        "Reshape(Range_1, [-1,1])",
        "AddV2(Reshape_3, 3)",
        "LessEqual(Range, AddV2)",
        "SelectV2(LessEqual, Mul_2, -Infinity)",
        "Softmax(SelectV2)",
        "Max(SelectV2, [-1]) {keep_dims=true}",
        "Equal(Max, -Infinity)",
        "ZerosLike(Softmax)",
        "SelectV2(Equal, ZerosLike, Softmax)",
        "BatchMatMulV2(SelectV2_1, ConcatV2_1)",
        "Transpose(BatchMatMulV2_1, [0,2,1,3])",
        "Reshape(Transpose_3, [-1,5,8])",
        "Identity(Reshape_4)",
      ]
    `);
  });

  it("bounds how far a query sees to either side", () => {
    const text = `graph main(q: float32[1, 1, 5, 4], k: float32[1, 1, 5, 4], v: float32[1, 1, 5, 4]) -> (y) {
      y = Attention(q, k, v) {left_window_size = 2, right_window_size = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Mul(q, 0.70711)",
        "Mul(k, 0.70711)",
        "BatchMatMulV2(Mul, Mul_1) {adj_y=true}",
        "Range(0, 5, 1)",
        "Range(0, 5, 1)",
        "Reshape(Range_1, [-1,1])",
        "AddV2(Reshape, 0)",
        "AddV2(AddV2, 1)",
        "LessEqual(Range, AddV2_1)",
        "AddV2(AddV2, -2)",
        "GreaterEqual(Range, AddV2_2)",
        "SelectV2(LessEqual, BatchMatMulV2, -Infinity)",
        "SelectV2(GreaterEqual, SelectV2, -Infinity)",
        "Softmax(SelectV2_1)",
        "Max(SelectV2_1, [-1]) {keep_dims=true}",
        "Equal(Max, -Infinity)",
        "ZerosLike(Softmax)",
        "SelectV2(Equal, ZerosLike, Softmax)",
        "BatchMatMulV2(SelectV2_2, v)",
        "Identity(BatchMatMulV2_1)",
      ]
    `);
  });
});
