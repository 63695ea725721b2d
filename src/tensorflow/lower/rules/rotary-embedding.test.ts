import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("RotaryEmbedding", () => {
  it("turns the halves of each head", () => {
    const text = `graph main(x: float32[n, 2, 5, 8], c: float32[9, 4], s: float32[9, 4], p: int64[n, 5]) -> (y) {
      y = RotaryEmbedding(x, c, s, p)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "GatherV2(c, p, 0)",
        "ExpandDims(GatherV2, 1)",
        "GatherV2(s, p, 0)",
        "ExpandDims(GatherV2_1, 1)",
        "Split(3, x) {num_split=2}",
        "Mul(Split, ExpandDims)",
        "Mul(Split:1, ExpandDims_1)",
        "Sub(Mul, Mul_1)",
        "Mul(Split, ExpandDims_1)",
        "Mul(Split:1, ExpandDims)",
        "AddV2(Mul_2, Mul_3)",
        "ConcatV2(Sub, AddV2, 3)",
        "Identity(ConcatV2)",
      ]
    `);
  });

  it("turns neighbours, and leaves what is behind them", () => {
    const text = `graph main(x: float32[n, 5, 16], c: float32[n, 5, 2], s: float32[n, 5, 2]) -> (y) {
      y = RotaryEmbedding(x, c, s) {num_heads = 2, rotary_embedding_dim = 4, interleaved = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,5,2,8])",
        "StridedSlice(Reshape, [0,0,0,0], [0,0,0,4], [1,1,1,1]) {begin_mask=7 end_mask=7}",
        "ExpandDims(c, 2)",
        "ExpandDims(s, 2)",
        "Reshape(StridedSlice, [-1,5,2,2,2])",
        "Unpack(Reshape_1) {axis=4 num=2}",
        "Mul(Unpack, ExpandDims)",
        "Mul(Unpack:1, ExpandDims_1)",
        "Sub(Mul, Mul_1)",
        "Mul(Unpack, ExpandDims_1)",
        "Mul(Unpack:1, ExpandDims)",
        "AddV2(Mul_2, Mul_3)",
        "Pack(Sub, AddV2) {axis=4}",
        "Reshape(Pack, [-1,5,2,4])",
        "StridedSlice(Reshape, [0,0,0,4], [0,0,0,0], [1,1,1,1]) {begin_mask=7 end_mask=15}",
        "ConcatV2(Reshape_2, StridedSlice_1, 3)",
        "Reshape(ConcatV2, [-1,5,16])",
        "Identity(Reshape_3)",
      ]
    `);
  });
});
