import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("AveragePool", () => {
  it("divides by the cells that count", () => {
    const text = `graph main(x: float32[n, 1, 4]) -> (y) {
      y = AveragePool(x) {kernel_shape = [3], pads = [1, 1]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,4,1])",
        "ExpandDims(Reshape, 1)",
        "Pad(ExpandDims, [0,0,0,0,1,1,0,0])",
        "AvgPool(Pad) {ksize=[1,1,3,1] padding="VALID" strides=[1,1,1,1]}",
        "RealDiv(AvgPool, [0.66667,1,1,0.66667])",
        "Squeeze(RealDiv) {squeeze_dims=[1]}",
        "Reshape(Squeeze, [-1,1,4])",
        "Identity(Reshape_1)",
      ]
    `);
  });

  it("counts pads when it is told to, but not what ceil_mode adds", () => {
    const text = `graph main(x: float32[n, 1, 6]) -> (y) {
      y = AveragePool(x) {kernel_shape = [3], strides = [2], pads = [1, 1], ceil_mode = 1, count_include_pad = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,6,1])",
        "ExpandDims(Reshape, 1)",
        "Pad(ExpandDims, [0,0,0,0,1,2,0,0])",
        "AvgPool(Pad) {ksize=[1,1,3,1] padding="VALID" strides=[1,2,2,1]}",
        "RealDiv(AvgPool, [1,1,1,0.66667])",
        "Squeeze(RealDiv) {squeeze_dims=[1]}",
        "Reshape(Squeeze, [-1,1,4])",
        "Identity(Reshape_1)",
      ]
    `);
  });

  it("computes the share of every window where the size is free", () => {
    const text = `graph main(x: float32[n, 1, t]) -> (y) {
      y = AveragePool(x) {kernel_shape = [3], pads = [1, 1]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "StridedSlice(Shape, [2], [3], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, StridedSlice_1, 1)",
        "Reshape(x, Pack)",
        "ExpandDims(Reshape, 1)",
        "Pad(ExpandDims, [0,0,0,0,1,1,0,0])",
        "AvgPool(Pad) {ksize=[1,1,3,1] padding="VALID" strides=[1,1,1,1]}",
        "Pack(1, 1, StridedSlice_1, 1)",
        "Fill(Pack_1, 1)",
        "Pad(Fill, [0,0,0,0,1,1,0,0])",
        "AvgPool(Pad_1) {ksize=[1,1,3,1] padding="VALID" strides=[1,1,1,1]}",
        "RealDiv(AvgPool, AvgPool_1)",
        "Squeeze(RealDiv) {squeeze_dims=[1]}",
        "Pack(StridedSlice, 1, StridedSlice_1)",
        "Reshape(Squeeze, Pack_2)",
        "Identity(Reshape_1)",
      ]
    `);
  });
});
