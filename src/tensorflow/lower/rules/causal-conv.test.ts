import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("CausalConvWithState", () => {
  it("convolves what was before with what is", () => {
    const text = `graph main(x: float32[n, 3, 5], w: float32[3, 1, 4], b: float32[3], p: float32[n, 3, 3]) -> (y, s) {
      y, s = CausalConvWithState(x, w, b, p) {activation = "silu"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(p, [0,2,1])",
        "Transpose(x, [0,2,1])",
        "ConcatV2(Transpose, Transpose_1, 1)",
        "ExpandDims(ConcatV2, 1)",
        "Transpose(w, [2,0,1])",
        "Reshape(Transpose_2, [1,4,3,1])",
        "DepthwiseConv2dNative(ExpandDims, Reshape) {padding="VALID" strides=[1,1,1,1]}",
        "Squeeze(DepthwiseConv2dNative) {squeeze_dims=[1]}",
        "BiasAdd(Squeeze, b)",
        "Sigmoid(BiasAdd)",
        "Mul(BiasAdd, Sigmoid)",
        "StridedSlice(ConcatV2, [0,-3,0], [0,0,0], [1,1,1]) {begin_mask=5 end_mask=7}",
        "Transpose(StridedSlice, [0,2,1])",
        "Transpose(Mul, [0,2,1])",
        "Identity(Transpose_4)",
        "Identity(Transpose_3)",
      ]
    `);
  });
});
