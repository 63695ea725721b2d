import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("TensorScatter", () => {
  it("takes from the update what it holds, around the end of a ring", () => {
    const text = `graph main(c: float32[n, 2, 6, 4], u: float32[n, 2, 3, 4], i: int64[n]) -> (y) {
      y = TensorScatter(c, u, i) {mode = "circular"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Range(0, 6, 1)",
        "Reshape(i, [-1,1])",
        "Sub(Range, Reshape)",
        "FloorMod(Sub, 6)",
        "GreaterEqual(FloorMod, 0)",
        "Less(FloorMod, 3)",
        "LogicalAnd(GreaterEqual, Less)",
        "Sub(3, 1)",
        "Maximum(FloorMod, 0)",
        "Minimum(Maximum, Sub_1)",
        "GatherV2(u, Minimum, 2) {batch_dims=1}",
        "Reshape(LogicalAnd, [-1,1,6,1])",
        "SelectV2(Reshape_1, GatherV2, c)",
        "Identity(SelectV2)",
      ]
    `);
  });
});
