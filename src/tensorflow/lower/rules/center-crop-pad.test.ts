import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("CenterCropPad", () => {
  it("cuts and pads by fixed numbers", () => {
    const text = `graph main(x: float32[5, 2]) -> (y) {
      s: int64[2] = [2, 5]
      y = CenterCropPad(x, s)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "StridedSlice(x, [1,0], [-2,0], [1,1]) {end_mask=2}",
        "Pad(StridedSlice, [0,0,1,2])",
        "Identity(Pad)",
      ]
    `);
  });

  it("computes what only running tells", () => {
    const text = `graph main(x: float32[5, 4], s: int64[1]) -> (y) {
      y = CenterCropPad(x, s) {axes = [-1]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Sub(s, [4])",
        "TruncateDiv(Sub, 2)",
        "Sub(Sub, TruncateDiv)",
        "Less([-1], 0)",
        "AddV2([-1], 2)",
        "SelectV2(Less, AddV2, [-1])",
        "Reshape(SelectV2, [-1,1])",
        "TensorScatterUpdate([0,0], Reshape, TruncateDiv)",
        "Less([-1], 0)",
        "AddV2([-1], 2)",
        "SelectV2(Less_1, AddV2_1, [-1])",
        "Reshape(SelectV2_1, [-1,1])",
        "TensorScatterUpdate([0,0], Reshape_1, Sub_1)",
        "Shape(x)",
        "Neg(TensorScatterUpdate)",
        "Maximum(Neg, 0)",
        "Minimum(TensorScatterUpdate_1, 0)",
        "AddV2(Shape, Minimum)",
        "StridedSlice(x, Maximum, AddV2_2, [1,1])",
        "Maximum(TensorScatterUpdate, 0)",
        "Maximum(TensorScatterUpdate_1, 0)",
        "Pack(Maximum_1, Maximum_2) {axis=1}",
        "Pad(StridedSlice, Pack)",
        "Identity(Pad)",
      ]
    `);
  });
});
