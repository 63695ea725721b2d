import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Softmax", () => {
  it("moves its axis to the end and back", () => {
    const text = `graph main(x: float32[n, 3, 4]) -> (y) {
      y = Softmax(x) {axis = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,1])",
        "Softmax(Transpose)",
        "Transpose(Softmax, [0,2,1])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("stays where channels stand last", () => {
    const text = `graph main(x: float32[n, 3, 4, 4]) -> (y) {
      w: float32[2, 3, 1, 1] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
      c = Conv(x, w) {kernel_shape = [1, 1]}
      s = Softmax(c) {axis = 1}
      y = GlobalMaxPool(s)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Conv2D(Transpose, [1,4,2,5,3,6]) {padding="VALID" strides=[1,1,1,1]}",
        "Softmax(Conv2D)",
        "Max(Softmax, [1,2]) {keep_dims=true}",
        "Reshape(Max, [-1,2,1,1])",
        "Identity(Reshape)",
      ]
    `);
  });

  it("takes axes in front for one where there are more than five", () => {
    const text = `graph main(x: float32[n, 9, 2, 3, 4, 5]) -> (y) {
      y = Softmax(x) {axis = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,4,5,1])",
        "Reshape(Transpose, [-1,3,4,5,9])",
        "Softmax(Reshape)",
        "Reshape(Softmax, [-1,2,3,4,5,9])",
        "Transpose(Reshape_1, [0,5,1,2,3,4])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("computes what it takes for one where several sizes are free", () => {
    const text = `graph main(x: float32[n, m, 2, 3, 4, 5, 6]) -> (y) {
      y = Softmax(x) {axis = -1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,3,4,5,6])",
        "Softmax(Reshape)",
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "StridedSlice(Shape, [1], [2], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, StridedSlice_1, 2, 3, 4, 5, 6)",
        "Reshape(Softmax, Pack)",
        "Identity(Reshape_1)",
      ]
    `);
  });
});
