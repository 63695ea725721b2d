import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("DepthToSpace", () => {
  it("is TensorFlow's own in order DCR", () => {
    const text = `graph main(x: float32[n, 8, 3, 3]) -> (y) {
      y = DepthToSpace(x) {blocksize = 2, mode = "DCR"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "DepthToSpace(Transpose) {block_size=2}",
        "Transpose(DepthToSpace, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("turns the block's axes in order CRD, as PixelShuffle has them", () => {
    const text = `graph main(x: float32[n, 8, 3, 3]) -> (y) {
      y = DepthToSpace(x) {blocksize = 2, mode = "CRD"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Reshape(Transpose, [-1,3,3,2,2,2])",
        "Transpose(Reshape, [0,1,4,2,5,3])",
        "Reshape(Transpose_1, [-1,6,6,2])",
        "Transpose(Reshape_1, [0,3,1,2])",
        "Identity(Transpose_2)",
      ]
    `);
  });
});
