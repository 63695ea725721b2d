import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("ArgMax and TopK", () => {
  it("find the last of equal values from the other end", () => {
    const text = `graph main(x: float32[n, 4]) -> (y) {
      y = ArgMax(x) {axis = 1, keepdims = 0, select_last_index = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "ReverseV2(x, [1])",
        "ArgMax(ReverseV2, 1)",
        "Sub(4, 1)",
        "Sub(Sub, ArgMax)",
        "Identity(Sub_1)",
      ]
    `);
  });

  it("take axes for one where there are more than seven", () => {
    const text = `graph main(x: float32[n, 2, 3, 4, 5, 6, 7, 8]) -> (y) {
      y = ArgMax(x) {axis = 2, keepdims = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,3,6720])",
        "ArgMax(Reshape, 1)",
        "Reshape(ArgMax, [-1,2,4,5,6,7,8])",
        "ExpandDims(Reshape_1, 2)",
        "Identity(ExpandDims)",
      ]
    `);
  });

  it("sort the smallest integers as the largest of their complements", () => {
    const text = `graph main(x: int32[n, 4]) -> (v, i) {
      k: int64[1] = [2]
      v, i = TopK(x, k) {largest = 0}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape([2], [])",
        "Cast(Reshape)",
        "Invert(x)",
        "TopKV2(Invert, Cast) {sorted=true}",
        "Invert(TopKV2)",
        "Identity(Invert_1)",
        "Identity(TopKV2:1)",
      ]
    `);
  });
});
