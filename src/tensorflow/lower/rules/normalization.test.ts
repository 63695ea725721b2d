import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("normalisations", () => {
  it("of batches are a factor and an offset per channel", () => {
    const text = `graph main(x: float32[n, 2, 4]) -> (y) {
      scale: float32[2] = [1.0, 2.0]
      bias: float32[2] = [0.0, 1.0]
      mean: float32[2] = [0.0, 4.0]
      var: float32[2] = [1.0, 4.0]
      y = BatchNormalization(x, scale, bias, mean, var) {epsilon = 0.0}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape([1,1], [-1,1])",
        "Mul(x, Reshape)",
        "Reshape([0,-3], [-1,1])",
        "AddV2(Mul, Reshape_1)",
        "Identity(AddV2)",
      ]
    `);
  });

  it("of groups cut the channels where they stand", () => {
    const text = `graph main(x: float32[n, 4, 6]) -> (y) {
      scale: float32[4] = [1.0, 2.0, 3.0, 4.0]
      bias: float32[4] = [0.0, 1.0, 2.0, 3.0]
      y = GroupNormalization(x, scale, bias) {num_groups = 2}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(x, [-1,2,2,6])",
        "Mean(Reshape, [2,3]) {keep_dims=true}",
        "SquaredDifference(Reshape, Mean)",
        "Mean(SquaredDifference, [2,3]) {keep_dims=true}",
        "AddV2(Mean_1, 0.00001)",
        "Rsqrt(AddV2)",
        "Sub(Reshape, Mean)",
        "Mul(Sub, Rsqrt)",
        "Reshape(Mul, [-1,4,6])",
        "Mul(Reshape_1, [1,2,3,4])",
        "AddV2(Mul_1, [0,1,2,3])",
        "Identity(AddV2_1)",
      ]
    `);
  });

  it("of narrow floats compute in float32", () => {
    const text = `graph main(x: float16[n, 4]) -> (y) {
      scale: float16[4] = [1.0, 2.0, 3.0, 4.0]
      y = LayerNormalization(x, scale)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(x)",
        "Mean(Cast, [1]) {keep_dims=true}",
        "SquaredDifference(Cast, Mean)",
        "Mean(SquaredDifference, [1]) {keep_dims=true}",
        "AddV2(Mean_1, 0.00001)",
        "Rsqrt(AddV2)",
        "Sub(Cast, Mean)",
        "Mul(Sub, Rsqrt)",
        "Cast(Mul)",
        "Mul(Cast_1, [1,2,3,4])",
        "Identity(Mul_1)",
      ]
    `);
  });
});
