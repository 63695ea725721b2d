import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("GridSample", () => {
  it("takes the nearest pixel, zero outside", () => {
    const text = `graph main(x: float32[n, 3, 4, 5], g: float32[n, 2, 2, 2]) -> (y) {
      y = GridSample(x, g) {mode = "nearest", align_corners = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Reshape(Transpose, [-1,20,3])",
        "Unpack(g) {axis=3 num=2}",
        "AddV2(Unpack, 1)",
        "Mul(AddV2, 0.5)",
        "Cast(5)",
        "Sub(Cast, 1)",
        "Mul(Mul, Sub)",
        "AddV2(Unpack:1, 1)",
        "Mul(AddV2_1, 0.5)",
        "Cast(4)",
        "Sub(Cast_1, 1)",
        "Mul(Mul_2, Sub_1)",
        "Round(Mul_1)",
        "Round(Mul_3)",
        "Cast(5)",
        "Sub(Cast_2, 1)",
        "Maximum(Round, 0)",
        "Minimum(Maximum, Sub_2)",
        "Cast(4)",
        "Sub(Cast_3, 1)",
        "Maximum(Round_1, 0)",
        "Minimum(Maximum_1, Sub_3)",
        "Cast(Minimum_1)",
        "Mul(Cast_4, 5)",
        "Cast(Minimum)",
        "AddV2(Mul_4, Cast_5)",
        "GatherV2(Reshape, AddV2_2, 1) {batch_dims=1}",
        "Equal(Minimum, Round)",
        "Equal(Minimum_1, Round_1)",
        "LogicalAnd(Equal, Equal_1)",
        "ExpandDims(LogicalAnd, -1)",
        "ZerosLike(GatherV2)",
        "SelectV2(ExpandDims, GatherV2, ZerosLike)",
        "Transpose(SelectV2, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("reads two pixels an axis in volumes", () => {
    const text = `graph main(x: float32[n, 3, 4, 5, 6], g: float32[n, 2, 2, 2, 3]) -> (y) {
      y = GridSample(x, g) {mode = "linear"}
    }`;
    const lines = loweredText(text);
    expect(lines.filter((line) => line.startsWith("GatherV2"))).toHaveLength(8);
    expect(lines[1]).toBe("Reshape(Transpose, [-1,120,3])");
  });
});
