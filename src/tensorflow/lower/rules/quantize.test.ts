import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("QuantizeLinear", () => {
  it("rounds, then shifts, then saturates", () => {
    const text = `graph main(x: float32[n, 2]) -> (y) {
      s: float32[2] = [0.5, 0.25]
      z: uint8[2] = [128, 0]
      y = QuantizeLinear(x, s, z) {axis = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape([0.5,0.25], [1,-1])",
        "RealDiv(x, Reshape)",
        "Round(RealDiv)",
        "Cast([128,0])",
        "Reshape(Cast, [1,-1])",
        "AddV2(Round, Reshape_1)",
        "Maximum(AddV2, 0)",
        "Minimum(Maximum, 255)",
        "Cast(Minimum)",
        "Identity(Cast_1)",
      ]
    `);
  });

  it("repeats a scale for every element of its block", () => {
    const text = `graph main(x: float32[n, 6], s: float32[n, 2]) -> (y) {
      y = QuantizeLinear(x, s) {axis = 1, block_size = 3, output_dtype = 3}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Range(0, 6, 1)",
        "FloorDiv(Range, 3)",
        "GatherV2(s, FloorDiv, 1)",
        "RealDiv(x, GatherV2)",
        "Round(RealDiv)",
        "Maximum(Round, -128)",
        "Minimum(Maximum, 127)",
        "Cast(Minimum)",
        "Identity(Cast)",
      ]
    `);
  });
});
