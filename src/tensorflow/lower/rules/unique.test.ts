import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Unique", () => {
  it("sorts what appears", () => {
    const text = `graph main(x: int64[n]) -> (y, f, i, c) {
      y, f, i, c = Unique(x)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1])",
        "UniqueWithCountsV2(Reshape, [0])",
        "Size(UniqueWithCountsV2)",
        "Size(Reshape)",
        "Range(0, Size_1, 1)",
        "UnsortedSegmentMin(Range, UniqueWithCountsV2:1, Size)",
        "Invert(UniqueWithCountsV2)",
        "Cast(Size)",
        "TopKV2(Invert, Cast) {sorted=true}",
        "InvertPermutation(TopKV2:1)",
        "GatherV2(UniqueWithCountsV2, TopKV2:1, 0)",
        "GatherV2(UnsortedSegmentMin, TopKV2:1, 0)",
        "GatherV2(InvertPermutation, UniqueWithCountsV2:1, 0)",
        "GatherV2(UniqueWithCountsV2:2, TopKV2:1, 0)",
        "Identity(GatherV2)",
        "Identity(GatherV2_1)",
        "Identity(GatherV2_2)",
        "Identity(GatherV2_3)",
      ]
    `);
  });
});
