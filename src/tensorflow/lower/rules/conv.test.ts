import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

const W = (count: number) => new Array<string>(count).fill("0.5").join(", ");

describe("Conv", () => {
  it("takes explicit pads, since SAME pads otherwise with a stride", () => {
    const text = `graph main(x: float32[n, 2, 8, 8]) -> (y) {
      w: float32[4, 2, 3, 3] = [${W(72)}]
      b: float32[4] = [1.0, 2.0, 3.0, 4.0]
      y = Conv(x, w, b) {kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Conv2D(Transpose, float32[3,3,2,4]) {explicit_paddings=[0,0,1,1,1,1,0,0] padding="EXPLICIT" strides=[1,2,2,1]}",
        "BiasAdd(Conv2D, [1,2,3,4])",
        "Transpose(BiasAdd, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("adds the bias of groups by AddV2, which is not fused", () => {
    const text = `graph main(x: float32[n, 4, 8, 8]) -> (y) {
      w: float32[4, 2, 1, 1] = [${W(8)}]
      b: float32[4] = [1.0, 2.0, 3.0, 4.0]
      y = Conv(x, w, b) {group = 2, kernel_shape = [1, 1], dilations = [2, 2]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Conv2D(Transpose, [0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5]) {dilations=[1,2,2,1] padding="VALID" strides=[1,1,1,1]}",
        "AddV2(Conv2D, [1,2,3,4])",
        "Transpose(AddV2, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("has kernels of its own when depthwise, with SAME where that is the same", () => {
    const text = `graph main(x: float32[n, 4, 8, 8]) -> (y) {
      w: float32[8, 1, 3, 3] = [${W(72)}]
      y = Conv(x, w) {group = 4, kernel_shape = [3, 3], pads = [1, 1, 1, 1]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "DepthwiseConv2dNative(Transpose, float32[3,3,4,2]) {padding="SAME" strides=[1,1,1,1]}",
        "Transpose(DepthwiseConv2dNative, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("pads before a depthwise kernel that SAME does not describe", () => {
    const text = `graph main(x: float32[n, 4, 8, 8]) -> (y) {
      w: float32[4, 1, 3, 3] = [${W(36)}]
      y = Conv(x, w) {group = 4, kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [2, 2]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Pad(Transpose, [0,0,1,1,1,1,0,0])",
        "DepthwiseConv2dNative(Pad, float32[3,3,4,1]) {padding="VALID" strides=[1,2,2,1]}",
        "Transpose(DepthwiseConv2dNative, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("is two-dimensional with a height of 1 in one dimension", () => {
    const text = `graph main(x: float32[n, 2, 8]) -> (y) {
      w: float32[4, 2, 3] = [${W(24)}]
      y = Conv(x, w) {kernel_shape = [3], pads = [2, 0], strides = [2]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,1])",
        "ExpandDims(Transpose, 1)",
        "Conv2D(ExpandDims, float32[1,3,2,4]) {explicit_paddings=[0,0,0,0,2,0,0,0] padding="EXPLICIT" strides=[1,2,2,1]}",
        "Squeeze(Conv2D) {squeeze_dims=[1]}",
        "Transpose(Squeeze, [0,2,1])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("pads, splits and stuffs the kernel in three dimensions", () => {
    const text = `graph main(x: float32[n, 2, 5, 5, 5]) -> (y) {
      w: float32[2, 1, 2, 1, 1] = [${W(4)}]
      y = Conv(x, w) {group = 2, dilations = [2, 1, 1], kernel_shape = [2, 1, 1], pads = [1, 0, 0, 1, 0, 0]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,4,1])",
        "Pad(Transpose, int32[5,2])",
        "Split(4, Pad) {num_split=2}",
        "Split(4, [0.5,0.5,0,0,0.5,0.5]) {num_split=2}",
        "Conv3D(Split, Split_1) {padding="VALID" strides=[1,1,1,1,1]}",
        "Conv3D(Split:1, Split_1:1) {padding="VALID" strides=[1,1,1,1,1]}",
        "ConcatV2(Conv3D, Conv3D_1, 4)",
        "Transpose(ConcatV2, [0,4,1,2,3])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("crops for negative pads", () => {
    const text = `graph main(x: float32[n, 1, 5, 5]) -> (y) {
      w: float32[1, 1, 1, 1] = [2.0]
      y = Conv(x, w) {kernel_shape = [1, 1], pads = [-1, 0, 2, -1]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,5,5,1])",
        "StridedSlice(Reshape, [0,1,0,0], [0,0,-1,0], [1,1,1,1]) {end_mask=11}",
        "Pad(StridedSlice, [0,0,0,2,0,0,0,0])",
        "Conv2D(Pad, [2]) {padding="VALID" strides=[1,1,1,1]}",
        "Reshape(Conv2D, [-1,1,6,4])",
        "Identity(Reshape_1)",
      ]
    `);
  });
});
