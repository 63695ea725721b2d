import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("HannWindow", () => {
  it("of a periodic window divides by the size", () => {
    const text = `graph main(n: int64[]) -> (y) {
      y = HannWindow(n)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Range(0, n, 1)",
        "Cast(Range)",
        "Cast(n)",
        "Mul(Cast, 6.2832)",
        "RealDiv(Mul, Cast_1)",
        "Mul(RealDiv, 0)",
        "Cos(Mul_1)",
        "Mul(Cos, 0.5)",
        "Mul(RealDiv, 1)",
        "Cos(Mul_3)",
        "Mul(Cos_1, -0.5)",
        "AddV2(0, Mul_2)",
        "AddV2(AddV2, Mul_4)",
        "Cast(AddV2_1)",
        "Identity(Cast_2)",
      ]
    `);
  });
});

describe("BlackmanWindow", () => {
  it("of a symmetric window divides by one less", () => {
    const text = `graph main(n: int32[]) -> (y) {
      y = BlackmanWindow(n) {periodic = 0, output_datatype = 11}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(n)",
        "Range(0, Cast, 1)",
        "Cast(Range)",
        "Sub(Cast, 1)",
        "Cast(Sub)",
        "Mul(Cast_1, 6.2832)",
        "RealDiv(Mul, Cast_2)",
        "Mul(RealDiv, 0)",
        "Cos(Mul_1)",
        "Mul(Cos, 0.42)",
        "Mul(RealDiv, 1)",
        "Cos(Mul_3)",
        "Mul(Cos_1, -0.5)",
        "Mul(RealDiv, 2)",
        "Cos(Mul_5)",
        "Mul(Cos_2, 0.08)",
        "AddV2(0, Mul_2)",
        "AddV2(AddV2, Mul_4)",
        "AddV2(AddV2_1, Mul_6)",
        "Identity(AddV2_2)",
      ]
    `);
  });
});
