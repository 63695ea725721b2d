import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("MaxUnpool", () => {
  it("scatters into the image that was pooled", () => {
    const text = `graph main(x: float32[n, 3, 2, 2], i: int64[n, 3, 2, 2]) -> (y) {
      y = MaxUnpool(x, i) {kernel_shape = [2, 2], strides = [2, 2]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(i, [-1,1])",
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Mul(StridedSlice, 48)",
        "Reshape(Mul, [1])",
        "Reshape(x, [-1])",
        "ScatterNd(Reshape, Reshape_2, Reshape_1)",
        "Reshape(ScatterNd, [-1,3,4,4])",
        "Identity(Reshape_3)",
      ]
    `);
  });
});
