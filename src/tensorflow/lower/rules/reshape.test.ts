import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Reshape", () => {
  it("leaves one free size to TensorFlow", () => {
    const text = `graph main(x: float32[n, 4, 6]) -> (y) {
      s: int64[2] = [0, 24]
      y = Reshape(x, s)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,24])",
        "Identity(Reshape)",
      ]
    `);
  });

  it("reads a second free size from where it stands", () => {
    const text = `graph main(x: float32[n, t, 6]) -> (y) {
      s: int64[4] = [0, 0, 2, 3]
      y = Reshape(x, s)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "StridedSlice(Shape, [1], [2], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, StridedSlice_1, 2, 3)",
        "Reshape(x, Pack)",
        "Identity(Reshape)",
      ]
    `);
  });

  it("takes a shape that only running tells", () => {
    const text = `graph main(x: float32[n, 6], s: int64[3]) -> (y) {
      y = Reshape(x, s)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(x)",
        "StridedSlice(Shape, [0], [2], [1])",
        "Reshape([0,1], [1,2])",
        "Pad(StridedSlice, Reshape)",
        "Equal(s, 0)",
        "SelectV2(Equal, Pad, s)",
        "Reshape(x, SelectV2)",
        "Identity(Reshape_1)",
      ]
    `);
  });
});
