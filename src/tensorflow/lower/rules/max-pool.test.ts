import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("MaxPool", () => {
  it("pads explicitly and completes the last window for ceil_mode", () => {
    const text = `graph main(x: float32[n, 2, 6, 6]) -> (y) {
      y = MaxPool(x) {kernel_shape = [3, 3], strides = [2, 2], pads = [0, 0, 0, 0], ceil_mode = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "MaxPool(Transpose) {explicit_paddings=[0,0,0,1,0,1,0,0] ksize=[1,3,3,1] padding="EXPLICIT" strides=[1,2,2,1]}",
        "Transpose(MaxPool, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("drops a window that would begin in the end pad", () => {
    const text = `graph main(x: float32[n, 1, 2, 2]) -> (y) {
      y = MaxPool(x) {kernel_shape = [1, 1], strides = [2, 2], ceil_mode = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,2,2,1])",
        "MaxPool(Reshape) {ksize=[1,1,1,1] padding="VALID" strides=[1,2,2,1]}",
        "Reshape(MaxPool, [-1,1,1,1])",
        "Identity(Reshape_1)",
      ]
    `);
  });

  it("is the maximum of slices when dilated", () => {
    const text = `graph main(x: float32[n, 1, 5]) -> (y) {
      y = MaxPool(x) {kernel_shape = [2], dilations = [2], pads = [1, 0]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,5,1])",
        "PadV2(Reshape, [0,0,1,0,0,0], -Infinity)",
        "StridedSlice(PadV2, [0,0,0], [0,-2,0], [1,1,1]) {begin_mask=5 end_mask=5}",
        "StridedSlice(PadV2, [0,2,0], [0,0,0], [1,1,1]) {begin_mask=5 end_mask=7}",
        "Maximum(StridedSlice, StridedSlice_1)",
        "Reshape(Maximum, [-1,1,4])",
        "Identity(Reshape_1)",
      ]
    `);
  });
});
