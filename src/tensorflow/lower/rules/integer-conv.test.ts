import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("ConvInteger", () => {
  it("pads with the zero point, which is zero once it is subtracted", () => {
    const text = `graph main(x: uint8[n, 4, 5], w: uint8[2, 2, 3], p: uint8[], q: uint8[2]) -> (y) {
      y = ConvInteger(x, w, p, q) {group = 2, pads = [1, 1]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,1])",
        "Cast(Transpose)",
        "Cast(p)",
        "Reshape(Cast_1, [])",
        "Sub(Cast, Reshape)",
        "ExpandDims(Sub, 1)",
        "Pad(ExpandDims, [0,0,0,0,1,1,0,0])",
        "Cast(w)",
        "Cast(q)",
        "Reshape(Cast_3, [-1,1,1])",
        "Sub(Cast_2, Reshape_1)",
        "Transpose(Sub_1, [2,1,0])",
        "ExpandDims(Transpose_1, 0)",
        "Split(3, ExpandDims_1) {num_split=2}",
        "Split(3, Pad) {num_split=2}",
        "Conv2D(Split_1, Split) {padding="VALID" strides=[1,1,1,1]}",
        "Conv2D(Split_1:1, Split:1) {padding="VALID" strides=[1,1,1,1]}",
        "ConcatV2(Conv2D, Conv2D_1, 3)",
        "Squeeze(ConcatV2) {squeeze_dims=[1]}",
        "Transpose(Squeeze, [0,2,1])",
        "Identity(Transpose_2)",
      ]
    `);
  });
});

describe("QLinearConv", () => {
  it("scales the exact sum of each output channel", () => {
    const text = `graph main(x: uint8[n, 3, 5, 5], w: int8[2, 3, 3, 3], s: float32[], t: float32[2], p: uint8[], q: int8[], b: int32[2]) -> (y) {
      y = QLinearConv(x, s, p, w, t, q, s, p, b)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Cast(Transpose)",
        "Cast(p)",
        "Reshape(Cast_1, [])",
        "Sub(Cast, Reshape)",
        "Cast(w)",
        "Cast(q)",
        "Reshape(Cast_3, [])",
        "Sub(Cast_2, Reshape_1)",
        "Transpose(Sub_1, [2,3,1,0])",
        "Conv2D(Sub, Transpose_1) {padding="VALID" strides=[1,1,1,1]}",
        "AddV2(Conv2D, b)",
        "Mul(s, t)",
        "RealDiv(Mul, s)",
        "Cast(AddV2)",
        "Mul(Cast_4, RealDiv)",
        "Round(Mul_1)",
        "Cast(p)",
        "AddV2(Round, Cast_5)",
        "Maximum(AddV2_1, 0)",
        "Minimum(Maximum, 255)",
        "Cast(Minimum)",
        "Transpose(Cast_6, [0,3,1,2])",
        "Identity(Transpose_2)",
      ]
    `);
  });
});
