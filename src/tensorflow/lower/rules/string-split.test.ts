import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("StringSplit", () => {
  it("fills up with empty parts", () => {
    const text = `graph main(x: string[n]) -> (y, z) {
      y, z = StringSplit(x) {delimiter = "."}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1])",
        "Size(Reshape)",
        "StringSplitV2(Reshape, string[]) {maxsplit=-1}",
        "StridedSlice(StringSplitV2, [0,0], [0,1], [1,1]) {begin_mask=1 end_mask=1}",
        "Squeeze(StridedSlice) {squeeze_dims=[1]}",
        "ZerosLike(Squeeze)",
        "AddV2(ZerosLike, 1)",
        "UnsortedSegmentSum(AddV2, Squeeze, Size)",
        "Max(UnsortedSegmentSum, [0])",
        "Maximum(Max, 0)",
        "Pack(Size, Maximum)",
        "SparseToDense(StringSplitV2, Pack, StringSplitV2:1, string[])",
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice_1)",
        "Reshape(Maximum, [1])",
        "ConcatV2(Pack_1, Reshape_1, 0)",
        "Reshape(SparseToDense, ConcatV2)",
        "Reshape(UnsortedSegmentSum, Pack_1)",
        "Identity(Reshape_2)",
        "Identity(Reshape_3)",
      ]
    `);
  });

  it("drops the empty part that TensorFlow adds at white space", () => {
    const text = `graph main(x: string[n]) -> (y) {
      y = StringSplit(x) {maxsplit = 2}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1])",
        "Size(Reshape)",
        "StringSplitV2(Reshape, string[]) {maxsplit=2}",
        "NotEqual(StringSplitV2:1, string[])",
        "Where(NotEqual)",
        "Reshape(Where, [-1])",
        "GatherV2(StringSplitV2, Reshape_1, 0)",
        "GatherV2(StringSplitV2:1, Reshape_1, 0)",
        "StridedSlice(GatherV2, [0,0], [0,1], [1,1]) {begin_mask=1 end_mask=1}",
        "Squeeze(StridedSlice) {squeeze_dims=[1]}",
        "ZerosLike(Squeeze)",
        "AddV2(ZerosLike, 1)",
        "UnsortedSegmentSum(AddV2, Squeeze, Size)",
        "Max(UnsortedSegmentSum, [0])",
        "Maximum(Max, 0)",
        "Pack(Size, Maximum)",
        "SparseToDense(GatherV2, Pack, GatherV2_1, string[])",
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice_1)",
        "Reshape(Maximum, [1])",
        "ConcatV2(Pack_1, Reshape_2, 0)",
        "Reshape(SparseToDense, ConcatV2)",
        "Identity(Reshape_3)",
      ]
    `);
  });

  it("refuses to split at white space not at all", () => {
    const text = `graph main(x: string[n]) -> (y) {
      y = StringSplit(x) {maxsplit = 0}
    }`;
    expect(() => loweredText(text)).toThrow("no split at white space");
  });
});
