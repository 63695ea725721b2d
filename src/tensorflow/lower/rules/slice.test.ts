import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Slice", () => {
  it("spans all axes", () => {
    const text = `graph main(x: float32[n, 4, 6]) -> (y) {
      from: int64[2] = [-3, 5]
      to: int64[2] = [9223372036854775807, -9223372036854775807]
      axes: int64[2] = [1, 2]
      steps: int64[2] = [1, -2]
      y = Slice(x, from, to, axes, steps)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "StridedSlice(x, [0,-3,5], [0,9223400000000000000,-9223400000000000000], [1,1,-2]) {begin_mask=1 end_mask=1}",
        "Identity(StridedSlice)",
      ]
    `);
  });

  it("takes places that only running tells", () => {
    const text = `graph main(x: float32[n, 4], from: int64[1], to: int64[1]) -> (y) {
      axes: int64[1] = [1]
      y = Slice(x, from, to, axes)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "ConcatV2(from, [0], 0)",
        "GatherV2(ConcatV2, [1,0], 0)",
        "ConcatV2(to, [0], 0)",
        "GatherV2(ConcatV2_1, [1,0], 0)",
        "StridedSlice(x, GatherV2, GatherV2_1, [1,1]) {begin_mask=1 end_mask=1}",
        "Identity(StridedSlice)",
      ]
    `);
  });
});
