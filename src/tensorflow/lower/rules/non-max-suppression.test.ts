import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("NonMaxSuppression", () => {
  it("asks the kernel for every class", () => {
    const text = `graph main(b: float32[1, n, 4], s: float32[1, 2, n]) -> (y) {
      k: int64[1] = [3]
      o: float32[1] = [0.5]
      y = NonMaxSuppression(b, s, k, o)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape([3], [])",
        "Minimum(Reshape, 2147500000)",
        "Cast(Minimum)",
        "Reshape([0.5], [])",
        "StridedSlice(b, [0], [1], [1]) {shrink_axis_mask=1}",
        "StridedSlice(s, [0,0], [1,1], [1,1]) {shrink_axis_mask=3}",
        "NonMaxSuppressionV3(StridedSlice, StridedSlice_1, Cast, Reshape_1, -Infinity)",
        "Cast(NonMaxSuppressionV3)",
        "ZerosLike(Cast_1)",
        "AddV2(ZerosLike, 0)",
        "AddV2(ZerosLike, 0)",
        "Pack(AddV2, AddV2_1, Cast_1) {axis=1}",
        "StridedSlice(b, [0], [1], [1]) {shrink_axis_mask=1}",
        "StridedSlice(s, [0,1], [1,2], [1,1]) {shrink_axis_mask=3}",
        "NonMaxSuppressionV3(StridedSlice_2, StridedSlice_3, Cast, Reshape_1, -Infinity)",
        "Cast(NonMaxSuppressionV3_1)",
        "ZerosLike(Cast_2)",
        "AddV2(ZerosLike_1, 0)",
        "AddV2(ZerosLike_1, 1)",
        "Pack(AddV2_2, AddV2_3, Cast_2) {axis=1}",
        "ConcatV2(Pack, Pack_1, 0)",
        "Identity(ConcatV2)",
      ]
    `);
  });
});
