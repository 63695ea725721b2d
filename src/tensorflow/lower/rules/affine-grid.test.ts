import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("AffineGrid", () => {
  it("moves the centres of cells by a matrix", () => {
    const text = `graph main(t: float32[n, 2, 3], s: int64[4]) -> (y) {
      y = AffineGrid(t, s)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Unpack(s) {axis=0 num=4}",
        "Pack(Unpack:2, Unpack:3)",
        "Range(0, Unpack:2, 1)",
        "Cast(Range)",
        "Cast(Unpack:2)",
        "Mul(Cast, 2)",
        "AddV2(Mul, 1)",
        "RealDiv(AddV2, Cast_1)",
        "Sub(RealDiv, 1)",
        "Reshape(Sub, [-1,1])",
        "BroadcastTo(Reshape, Pack)",
        "Range(0, Unpack:3, 1)",
        "Cast(Range_1)",
        "Cast(Unpack:3)",
        "Mul(Cast_2, 2)",
        "AddV2(Mul_1, 1)",
        "RealDiv(AddV2_1, Cast_3)",
        "Sub(RealDiv_1, 1)",
        "Reshape(Sub_1, [1,-1])",
        "BroadcastTo(Reshape_1, Pack)",
        "Fill(Pack, 1)",
        "Pack(BroadcastTo_1, BroadcastTo, Fill) {axis=2}",
        "Reshape(Pack_1, [1,-1,3])",
        "BatchMatMulV2(Reshape_2, t) {adj_y=true}",
        "Shape(t)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Reshape(StridedSlice, [1])",
        "ConcatV2(Reshape_3, Pack, [2], 0)",
        "Reshape(BatchMatMulV2, ConcatV2)",
        "Identity(Reshape_4)",
      ]
    `);
  });

  it("puts a single corner in the middle", () => {
    const text = `graph main(t: float32[n, 3, 4], s: int64[5]) -> (y) {
      y = AffineGrid(t, s) {align_corners = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Unpack(s) {axis=0 num=5}",
        "Pack(Unpack:2, Unpack:3, Unpack:4)",
        "Range(0, Unpack:2, 1)",
        "Cast(Range)",
        "Cast(Unpack:2)",
        "Mul(Cast, 2)",
        "Sub(Cast_1, 1)",
        "Greater(Sub, 0)",
        "Maximum(Sub, 1)",
        "RealDiv(Mul, Maximum)",
        "Sub(RealDiv, 1)",
        "ZerosLike(RealDiv)",
        "SelectV2(Greater, Sub_1, ZerosLike)",
        "Reshape(SelectV2, [-1,1,1])",
        "BroadcastTo(Reshape, Pack)",
        "Range(0, Unpack:3, 1)",
        "Cast(Range_1)",
        "Cast(Unpack:3)",
        "Mul(Cast_2, 2)",
        "Sub(Cast_3, 1)",
        "Greater(Sub_2, 0)",
        "Maximum(Sub_2, 1)",
        "RealDiv(Mul_1, Maximum_1)",
        "Sub(RealDiv_1, 1)",
        "ZerosLike(RealDiv_1)",
        "SelectV2(Greater_1, Sub_3, ZerosLike_1)",
        "Reshape(SelectV2_1, [1,-1,1])",
        "BroadcastTo(Reshape_1, Pack)",
        "Range(0, Unpack:4, 1)",
        "Cast(Range_2)",
        "Cast(Unpack:4)",
        "Mul(Cast_4, 2)",
        "Sub(Cast_5, 1)",
        "Greater(Sub_4, 0)",
        "Maximum(Sub_4, 1)",
        "RealDiv(Mul_2, Maximum_2)",
        "Sub(RealDiv_2, 1)",
        "ZerosLike(RealDiv_2)",
        "SelectV2(Greater_2, Sub_5, ZerosLike_2)",
        "Reshape(SelectV2_2, [1,1,-1])",
        "BroadcastTo(Reshape_2, Pack)",
        "Fill(Pack, 1)",
        "Pack(BroadcastTo_2, BroadcastTo_1, BroadcastTo, Fill) {axis=3}",
        "Reshape(Pack_1, [1,-1,4])",
        "BatchMatMulV2(Reshape_3, t) {adj_y=true}",
        "Shape(t)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Reshape(StridedSlice, [1])",
        "ConcatV2(Reshape_4, Pack, [3], 0)",
        "Reshape(BatchMatMulV2, ConcatV2)",
        "Identity(Reshape_5)",
      ]
    `);
  });
});
