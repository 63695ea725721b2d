import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("the indices of maxima", () => {
  it("count over the whole tensor without its pads", () => {
    const text = `graph main(x: float32[n, 2, 4, 4]) -> (y, i) {
      y, i = MaxPool(x) {kernel_shape = [2, 2], strides = [2, 2], pads = [1, 0, 1, 0]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "PadV2(Transpose, [0,0,1,1,0,0,0,0], -Infinity)",
        "MaxPoolWithArgmax(PadV2) {ksize=[1,2,2,1] padding="VALID" strides=[1,2,2,1]}",
        "FloorMod(MaxPoolWithArgmax:1, 2)",
        "FloorDiv(MaxPoolWithArgmax:1, 2)",
        "FloorDiv(FloorDiv, 4)",
        "Sub(FloorDiv_1, 1)",
        "FloorMod(FloorDiv, 4)",
        "Sub(FloorMod_1, 0)",
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Range(0, StridedSlice, 1)",
        "Reshape(Range, [-1,1,1,1])",
        "Mul(Reshape, 2)",
        "AddV2(Mul, FloorMod)",
        "Mul(AddV2, 4)",
        "AddV2(Mul_1, Sub)",
        "Mul(AddV2_1, 4)",
        "AddV2(Mul_2, Sub_1)",
        "Transpose(AddV2_2, [0,3,1,2])",
        "Transpose(MaxPoolWithArgmax, [0,3,1,2])",
        "Identity(Transpose_2)",
        "Identity(Transpose_1)",
      ]
    `);
  });
});
