import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("NegativeLogLikelihoodLoss", () => {
  it("divides by the weights of the targets that count", () => {
    const text = `graph main(x: float32[n, 3], t: int64[n]) -> (y) {
      w: float32[3] = [1.0, 2.0, 3.0]
      y = NegativeLogLikelihoodLoss(x, t, w) {ignore_index = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "NotEqual(t, 1)",
        "ZerosLike(t)",
        "SelectV2(NotEqual, t, ZerosLike)",
        "GatherV2(x, SelectV2, 1) {batch_dims=1}",
        "GatherV2([1,2,3], SelectV2, 0)",
        "ZerosLike(GatherV2_1)",
        "SelectV2(NotEqual, GatherV2_1, ZerosLike_1)",
        "Mul(GatherV2, SelectV2_1)",
        "Neg(Mul)",
        "Sum(Neg, [0])",
        "Sum(SelectV2_1, [0])",
        "RealDiv(Sum, Sum_1)",
        "Identity(RealDiv)",
      ]
    `);
  });
});
