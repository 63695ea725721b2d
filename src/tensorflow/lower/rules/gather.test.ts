import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Gather", () => {
  it("makes negative places positive at conversion where it can", () => {
    const text = `graph main(x: float32[n, 4]) -> (y) {
      i: int64[2] = [-1, 0]
      y = Gather(x, i) {axis = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "GatherV2(x, [3,0], 1)",
        "Identity(GatherV2)",
      ]
    `);
  });

  it("and when the model runs where it must", () => {
    const text = `graph main(x: float32[n, 4], i: int64[k]) -> (y) {
      y = Gather(x, i) {axis = 0}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Less(i, 0)",
        "AddV2(i, StridedSlice)",
        "SelectV2(Less, AddV2, i)",
        "GatherV2(x, SelectV2, 0)",
        "Identity(GatherV2)",
      ]
    `);
  });
});
