import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("LpPool", () => {
  it("sums powers over its windows and takes the root", () => {
    const text = `graph main(x: float32[n, 3, 4]) -> (y) {
      y = LpPool(x) {kernel_shape = [2], strides = [2], p = 3}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,1])",
        "Abs(Transpose)",
        "Pow(Abs, 3)",
        "StridedSlice(Pow, [0,0,0], [0,-1,0], [1,2,1]) {begin_mask=5 end_mask=5}",
        "StridedSlice(Pow, [0,1,0], [0,0,0], [1,2,1]) {begin_mask=5 end_mask=7}",
        "AddV2(StridedSlice, StridedSlice_1)",
        "Pow(AddV2, 0.33333)",
        "Transpose(Pow_1, [0,2,1])",
        "Identity(Transpose_1)",
      ]
    `);
  });
});

describe("GlobalLpPool", () => {
  it("sums over everything", () => {
    const text = `graph main(x: float32[n, 3, 4, 4]) -> (y) {
      y = GlobalLpPool(x)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Abs(x)",
        "Pow(Abs, 2)",
        "Sum(Pow, [2,3]) {keep_dims=true}",
        "Pow(Sum, 0.5)",
        "Identity(Pow_1)",
      ]
    `);
  });
});
