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
});
