import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("LinearAttention", () => {
  it("loops over the tokens with one state a head", () => {
    const text = `graph main(q: float32[n, t, 8], k: float32[n, t, 4], v: float32[n, t, 6], g: float32[n, t, 2], b: float32[n, t, 2]) -> (y, s) {
      y, s = LinearAttention(q, k, v, _, g, b) {q_num_heads = 4, kv_num_heads = 2}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(q)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, 2, 2, 3)",
        "Fill(Pack, 0)",
        "StridedSlice(Shape, [1], [2], [1]) {shrink_axis_mask=1}",
        "Cast(StridedSlice_1)",
        "Pack(StridedSlice, StridedSlice_1, 2, 2, 2)",
        "Reshape(q, Pack_1)",
        "Transpose(Reshape, [1,0,2,3,4])",
        "Pack(StridedSlice, StridedSlice_1, 2, 2, 1)",
        "Reshape(k, Pack_2)",
        "Transpose(Reshape_1, [1,0,2,3,4])",
        "Pack(StridedSlice, StridedSlice_1, 2, 1, 3)",
        "Reshape(v, Pack_3)",
        "Transpose(Reshape_2, [1,0,2,3,4])",
        "Pack(StridedSlice, StridedSlice_1, 2, 1, 1)",
        "Reshape(g, Pack_4)",
        "Transpose(Reshape_3, [1,0,2,3,4])",
        "Pack(StridedSlice, StridedSlice_1, 2, 1, 1)",
        "Reshape(b, Pack_5)",
        "Transpose(Reshape_4, [1,0,2,3,4])",
        "TensorListReserve([-1,2,2,3], Cast)",
        "StatelessWhile(0, TensorListReserve, Fill, Cast, Transpose, Transpose_1, Transpose_2, Transpose_3, Transpose_4) {body="while_body" cond="while_cond"}",
        "TensorListStack(StatelessWhile:1, [-1,2,2,3])",
        "Transpose(TensorListStack, [1,0,2,3,4])",
        "Pack(StridedSlice, StridedSlice_1, 12)",
        "Reshape(Transpose_5, Pack_6)",
        "Mul(Reshape_5, 0.70711)",
        "Identity(Mul)",
        "Identity(StatelessWhile:2)",
      ]
    `);
  });

  it("wants what its rule reads", () => {
    const text = `graph main(q: float32[n, t, 8], k: float32[n, t, 8], v: float32[n, t, 8]) -> (y) {
      y = LinearAttention(q, k, v) {q_num_heads = 2, kv_num_heads = 2, update_rule = "gated"}
    }`;
    expect(() => loweredText(text)).toThrow("its decay is missing");
  });
});
