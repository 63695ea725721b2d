import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("reductions", () => {
  it("take all axes for none, in whatever order", () => {
    const text = `graph main(x: float32[n, 3]) -> (y) {
      y = ReduceSum(x) {keepdims = 0}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Sum(x, [0,1]) {keep_dims=false}",
        "Identity(Sum)",
      ]
    `);
  });

  it("take bools as any and all", () => {
    const text = `graph main(x: bool[n, 3]) -> (y) {
      a: int64[1] = [-1]
      y = ReduceMax(x, a)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Any(x, [1]) {keep_dims=true}",
        "Identity(Any)",
      ]
    `);
  });

  it("go through float64 for the root of integers", () => {
    const text = `graph main(x: int32[n, 3]) -> (y) {
      a: int64[1] = [1]
      y = ReduceL2(x, a)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(x)",
        "Mul(Cast, Cast)",
        "Sum(Mul, [1]) {keep_dims=true}",
        "Sqrt(Sum)",
        "Cast(Sqrt)",
        "Identity(Cast_1)",
      ]
    `);
  });
});
