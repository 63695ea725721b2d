import { describe, expect, it } from "vitest";
import { lowered, loweredText } from "../../testing/lower-text.ts";

describe("Unique", () => {
  it("sorts what appears", () => {
    const text = `graph main(x: int64[n]) -> (y, f, i, c) {
      y, f, i, c = Unique(x)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1])",
        "UniqueWithCountsV2(Reshape, [0])",
        "Size(UniqueWithCountsV2:2)",
        "Size(UniqueWithCountsV2:1)",
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

  it("sorts slices by a stable sort an element, the last one first", () => {
    const text = `graph main(x: float32[n, 4, 3]) -> (y) {
      y = Unique(x) {axis = 1}
    }`;
    const graph = lowered(text);
    const ops = (nodes: readonly { op: string }[]) => nodes.map(({ op }) => op);
    expect(ops(graph.nodes)).toContain("StatelessWhile");
    expect(ops(graph.functions.find(({ name }) => name.includes("body"))?.nodes ?? [])).toContain("TopKV2");
    expect(loweredText(text).slice(0, 2)).toEqual([
      "Transpose(x, [1,0,2])",
      expect.stringContaining("Reshape(Transpose"),
    ]);
  });

  it("leaves the order of appearance where it is asked to", () => {
    const text = "graph main(x: float32[n, 4]) -> (y) {\n y = Unique(x) {axis = 0, sorted = 0}\n }";
    expect(loweredText(text).join()).not.toContain("StatelessWhile");
  });
});
