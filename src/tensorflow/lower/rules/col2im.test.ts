import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Col2Im", () => {
  it("adds every cell up where it stood", () => {
    const text = `graph main(x: float32[n, 6, 4], i: int64[1], b: int64[1]) -> (y) {
      y = Col2Im(x, i, b) {pads = [1, 1], strides = [2]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Unpack(i) {axis=0 num=1}",
        "Unpack(b) {axis=0 num=1}",
        "Sub(Unpack_1, 1)",
        "Mul(Sub, 1)",
        "AddV2(1, 1)",
        "AddV2(Unpack, AddV2)",
        "Sub(AddV2_1, Mul)",
        "Sub(Sub_1, 1)",
        "FloorDiv(Sub_2, 2)",
        "AddV2(FloorDiv, 1)",
        "Range(0, Unpack_1, 1)",
        "Mul(Range, 1)",
        "Range(0, AddV2_2, 1)",
        "Mul(Range_1, 2)",
        "Sub(Mul_2, 1)",
        "Reshape(Mul_1, [-1,1])",
        "AddV2(Reshape, Sub_3)",
        "Shape(AddV2_3)",
        "Unpack(Shape) {axis=0 num=2}",
        "Pack(Unpack_2, Unpack_2:1)",
        "Reshape(AddV2_3, Pack)",
        "Mul(0, Unpack)",
        "AddV2(Mul_3, Reshape_1)",
        "GreaterEqual(Reshape_1, 0)",
        "Less(Reshape_1, Unpack)",
        "LogicalAnd(GreaterEqual, Less)",
        "LogicalAnd(1, LogicalAnd)",
        "SelectV2(LogicalAnd_1, AddV2_4, -1)",
        "Reshape(SelectV2, [-1])",
        "Shape(x)",
        "StridedSlice(Shape_1, [0], [1], [1]) {shrink_axis_mask=1}",
        "FloorDiv(6, Unpack_1)",
        "Mul(StridedSlice, FloorDiv_1)",
        "Mul(Unpack_1, 4)",
        "Pack(Mul_4, Mul_5)",
        "Reshape(x, Pack_1)",
        "Transpose(Reshape_3, [1,0])",
        "UnsortedSegmentSum(Transpose, Reshape_2, Unpack)",
        "Transpose(UnsortedSegmentSum, [1,0])",
        "Pack(StridedSlice, FloorDiv_1, Unpack)",
        "Reshape(Transpose_1, Pack_2)",
        "Identity(Reshape_4)",
      ]
    `);
  });
});
