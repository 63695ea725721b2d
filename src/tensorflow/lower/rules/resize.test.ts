import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Resize", () => {
  it("uses the kernel that computes the same", () => {
    const text = `graph main(x: float32[n, 2, 4, 4]) -> (y) {
      none: float32[0] = []
      s: float32[4] = [1.0, 1.0, 2.0, 2.0]
      y = Resize(x, none, s) {mode = "linear", coordinate_transformation_mode = "half_pixel"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "ResizeBilinear(Transpose, [8,8]) {align_corners=false half_pixel_centers=true}",
        "Transpose(ResizeBilinear, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("takes sizes that no value has from the vector that states them", () => {
    const text = `graph main(x: float32[1, 2, 4, 4], s: int64[4]) -> (y) {
      y: float32[1, 2, h, w] = Resize(x, _, _, s) {mode = "linear", coordinate_transformation_mode = "half_pixel"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "StridedSlice(s, [2], [3], [1]) {shrink_axis_mask=1}",
        "StridedSlice(s, [3], [4], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, StridedSlice_1)",
        "Cast(Pack)",
        "Transpose(x, [0,2,3,1])",
        "ResizeBilinear(Transpose, Cast) {align_corners=false half_pixel_centers=true}",
        "Transpose(ResizeBilinear, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("uses that kernel where sizes are free too, with sizes made when the model runs", () => {
    const text = `graph main(x: float32[n, 2, 1, w], like: float32[h, v]) -> (y) {
      s0 = Shape(x) {start = 0, end = 2}
      s1 = Shape(like)
      s = Concat(s0, s1) {axis = 0}
      y = Resize(x, _, _, s) {mode = "linear", coordinate_transformation_mode = "half_pixel"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Shape(like)",
        "StridedSlice(Shape_2, [0], [1], [1]) {shrink_axis_mask=1}",
        "StridedSlice(Shape_2, [1], [2], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, StridedSlice_1)",
        "Cast(Pack)",
        "ResizeBilinear(Transpose, Cast) {align_corners=false half_pixel_centers=true}",
        "Transpose(ResizeBilinear, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("makes places itself where PyTorch's rule for a single element may be needed", () => {
    const text = `graph main(x: float32[n, 2, 1, 8], like: float32[h]) -> (y) {
      eight: int64[1] = [8]
      s0 = Shape(x) {start = 0, end = 2}
      s1 = Shape(like)
      s = Concat(s0, s1, eight) {axis = 0}
      y = Resize(x, _, _, s) {mode = "linear", coordinate_transformation_mode = "pytorch_half_pixel"}
    }`;
    const lines = loweredText(text);
    expect(lines.some((line) => line.startsWith("ResizeBilinear"))).toBe(false);
    expect(lines.some((line) => line.startsWith("GatherV2"))).toBe(true);
  });

  it("multiplies by the matrix of any other interpolation", () => {
    const text = `graph main(x: float32[n, 2, 4, 4]) -> (y) {
      none: float32[0] = []
      s: float32[4] = [1.0, 1.0, 1.0, 2.0]
      y = Resize(x, none, s) {mode = "cubic"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,4])",
        "MatMul(Reshape, float32[8,4]) {transpose_b=true}",
        "Reshape(MatMul, [-1,2,4,8])",
        "Identity(Reshape_1)",
      ]
    `);
  });

  it("computes places when the model runs where the size is free", () => {
    const text = `graph main(x: float32[n, 2, h]) -> (y) {
      none: float32[0] = []
      s: float32[3] = [1.0, 1.0, 2.0]
      y = Resize(x, none, s) {mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(x)",
        "StridedSlice(Shape, [2], [3], [1]) {shrink_axis_mask=1}",
        "Sub(StridedSlice, 1)",
        "Mul(StridedSlice, 2)",
        "Range(0, Mul, 1)",
        "Cast(Range)",
        "RealDiv(Cast, 2)",
        "Floor(RealDiv)",
        "Cast(Floor)",
        "Maximum(Cast_3, 0)",
        "Minimum(Maximum, Sub)",
        "GatherV2(x, Minimum, 2)",
        "Identity(GatherV2)",
      ]
    `);
  });

  it("makes the matrix of a cubic interpolation when the model runs, where its size is free", () => {
    const text = `graph main(x: float32[1, 1, h, 4], s: float32[1]) -> (y) {
      y = Resize(x, _, s) {mode = "cubic", axes = [2], exclude_outside = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(x)",
        "StridedSlice(Shape, [2], [3], [1]) {shrink_axis_mask=1}",
        "Cast(s)",
        "Unpack(Cast) {axis=0 num=1}",
        "Cast(StridedSlice)",
        "Sub(1, 0)",
        "Mul(Cast_1, Sub)",
        "Mul(Mul, Unpack)",
        "Floor(Mul_1)",
        "Cast(Floor)",
        "Mul(1, 4)",
        "Mul(1, 1)",
        "Mul(Mul_3, 1)",
        "Pack(Mul_4, StridedSlice, Mul_2)",
        "Reshape(x, Pack)",
        "Range(0, Cast_2, 1)",
        "Cast(Range)",
        "AddV2(Cast_5, 0.5)",
        "RealDiv(AddV2, Unpack)",
        "Sub(RealDiv, 0.5)",
        "RealDiv(2, 1)",
        "Ceil(RealDiv_1)",
        "Cast(Ceil)",
        "AddV2(Cast_6, 1)",
        "Neg(AddV2_1)",
        "AddV2(StridedSlice, AddV2_1)",
        "Range(Neg, AddV2_2, 1)",
        "Reshape(Sub_1, [-1,1])",
        "Cast(Range_1)",
        "Sub(Reshape_1, Cast_7)",
        "Mul(Sub_2, 1)",
        "Abs(Mul_5)",
        "Mul(1.25, Abs)",
        "AddV2(Mul_6, -2.25)",
        "Mul(AddV2_3, Abs)",
        "AddV2(Mul_7, 0)",
        "Mul(AddV2_4, Abs)",
        "AddV2(Mul_8, 1)",
        "Mul(-0.75, Abs)",
        "AddV2(Mul_9, 3.75)",
        "Mul(AddV2_6, Abs)",
        "AddV2(Mul_10, -6)",
        "Mul(AddV2_7, Abs)",
        "AddV2(Mul_11, 3)",
        "Less(Abs, 2)",
        "SelectV2(Less, AddV2_8, 0)",
        "LessEqual(Abs, 1)",
        "SelectV2(LessEqual, AddV2_5, SelectV2)",
        "Sub(StridedSlice, 1)",
        "Maximum(Range_1, 0)",
        "Minimum(Maximum, Sub_3)",
        "Equal(Minimum, Range_1)",
        "Cast(Equal)",
        "Mul(SelectV2_1, Cast_8)",
        "Sum(Mul_12, [1]) {keep_dims=true}",
        "RealDiv(Mul_12, Sum)",
        "Cast(StridedSlice)",
        "OneHot(Minimum, Cast_9, 1, 0) {axis=-1}",
        "MatMul(RealDiv_2, OneHot)",
        "Cast(MatMul)",
        "BatchMatMulV2(Cast_10, Reshape)",
        "Pack(1, 1, Cast_2, 4)",
        "Reshape(BatchMatMulV2, Pack_1)",
        "Identity(Reshape_2)",
      ]
    `);
  });

  it("refuses free scales where implementations disagree", () => {
    const text = `graph main(x: float32[1, 1, 4, 4], s: float32[4]) -> (y) {
      y = Resize(x, _, s) {mode = "linear", coordinate_transformation_mode = "align_corners"}
    }`;
    expect(() => loweredText(text)).toThrow("implementations disagree");
  });

  it.each([
    ["not_larger", "Minimum"],
    ["not_smaller", "Maximum"],
  ])("keeps a ratio that only running tells: %s", (policy, op) => {
    const text = `graph main(x: float32[1, 3, h, w], s: int64[2]) -> (y) {
      y = Resize(x, _, _, s) {mode = "nearest", axes = [2, 3], keep_aspect_ratio_policy = "${policy}"}
    }`;
    const lines = loweredText(text);
    const ratios = lines.filter((line) => line.startsWith("RealDiv"));
    expect(ratios.length).toBeGreaterThanOrEqual(2);
    expect(lines.some((line) => line.startsWith(`${op}(RealDiv`))).toBe(true);
  });
});
