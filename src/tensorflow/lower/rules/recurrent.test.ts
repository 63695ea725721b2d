import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

const W = (count: number) => new Array<string>(count).fill("0.5").join(", ");

describe("LSTM", () => {
  it("multiplies all inputs at once and loops over the steps", () => {
    const text = `graph main(x: float32[t, n, 3]) -> (y, h, c) {
      w: float32[1, 8, 3] = [${W(24)}]
      r: float32[1, 8, 2] = [${W(16)}]
      y, h, c = LSTM(x, w, r) {hidden_size = 2}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,3])",
        "MatMul(Reshape, float32[8,3]) {transpose_b=true}",
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "StridedSlice(Shape, [1], [2], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, StridedSlice_1, 8)",
        "Reshape(MatMul, Pack)",
        "Pack(StridedSlice_1, 2)",
        "Fill(Pack_1, 0)",
        "Pack(StridedSlice_1, 2)",
        "Fill(Pack_2, 0)",
        "Cast(StridedSlice)",
        "TensorListReserve([-1,2], Cast)",
        "StatelessWhile(0, TensorListReserve, Fill, Fill_1, Cast, Reshape_1, 0, float32[8,2]) {body="while_body" cond="while_cond"}",
        "TensorListStack(StatelessWhile:1, [-1,2])",
        "Pack(StatelessWhile:2) {axis=0}",
        "Pack(StatelessWhile:3) {axis=0}",
        "Pack(TensorListStack) {axis=1}",
        "Identity(Pack_5)",
        "Identity(Pack_3)",
        "Identity(Pack_4)",
      ]
    `);
  });
});
