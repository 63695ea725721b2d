import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

const W = (count: number) => new Array<string>(count).fill("0.5").join(", ");

describe("ConvTranspose", () => {
  it("is the gradient of a convolution", () => {
    const text = `graph main(x: float32[n, 2, 4, 4]) -> (y) {
      w: float32[2, 3, 3, 3] = [${W(54)}]
      y = ConvTranspose(x, w) {kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 1]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, 8, 8, 3)",
        "Cast(Pack)",
        "Conv2DBackpropInput(Cast, float32[3,3,3,2], Transpose) {explicit_paddings=[0,0,1,0,1,0,0,0] padding="EXPLICIT" strides=[1,2,2,1]}",
        "Transpose(Conv2DBackpropInput, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("stuffs the data with zeros for groups", () => {
    const text = `graph main(x: float32[n, 2, 4, 4]) -> (y) {
      w: float32[2, 1, 3, 3] = [${W(18)}]
      y = ConvTranspose(x, w) {group = 2, kernel_shape = [3, 3], strides = [2, 2]}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Reshape(Transpose, [-1,4,1,4,1,2])",
        "Pad(Reshape, int32[6,2])",
        "Reshape(Pad, [-1,8,8,2])",
        "StridedSlice(Reshape_1, [0,0,0,0], [0,-1,-1,0], [1,1,1,1]) {end_mask=9}",
        "Pad(StridedSlice, [0,0,2,2,2,2,0,0])",
        "Conv2D(Pad_1, float32[3,3,1,2]) {padding="VALID" strides=[1,1,1,1]}",
        "Transpose(Conv2D, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("turns a computed weight round when the model runs, with the zeros of its dilations", () => {
    const text = `graph main(x: float32[n, 2, 4, 4], w: float32[2, 1, 3, 3]) -> (y) {
      y = ConvTranspose(x, w) {kernel_shape = [3, 3], dilations = [2, 2], group = 2}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Pad(Transpose, [0,0,4,4,4,4,0,0])",
        "Reshape(w, [2,1,1,3,3])",
        "Transpose(Reshape, [3,4,1,0,2])",
        "Reshape(Transpose_1, [1,3,3,2])",
        "ReverseV2(Reshape_1, [1,2])",
        "Reshape(ReverseV2, [1,3,1,3,1,2])",
        "Pad(Reshape_2, int32[6,2])",
        "Reshape(Pad_1, [1,6,6,2])",
        "StridedSlice(Reshape_3, [0,0,0,0], [0,-1,-1,0], [1,1,1,1]) {end_mask=9}",
        "Reshape(StridedSlice, [5,5,1,2])",
        "Conv2D(Pad, Reshape_4) {padding="VALID" strides=[1,1,1,1]}",
        "Transpose(Conv2D, [0,3,1,2])",
        "Identity(Transpose_2)",
      ]
    `);
  });

  it("takes a dilated volume of one group whole", () => {
    const text = `graph main(x: float32[n, 2, 4, 4, 4], w: float32[2, 1, 3, 3, 3]) -> (y) {
      y = ConvTranspose(x, w) {kernel_shape = [3, 3, 3], dilations = [2, 2, 2]}
    }`;
    const lines = loweredText(text);
    expect(lines.filter((line) => line.startsWith("Conv3D("))).toHaveLength(1);
    expect(lines.join()).not.toContain("ConcatV2");
  });
});
