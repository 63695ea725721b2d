import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Cast", () => {
  it("stops at the largest 8-bit float", () => {
    const text = `graph main(x: float32[n]) -> (y) {
      y = Cast(x) {to = 17}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Minimum(x, 448)",
        "Maximum(Minimum, -448)",
        "Cast(Maximum)",
        "Identity(Cast)",
      ]
    `);
  });

  it("overflows where it does not saturate", () => {
    const text = `graph main(x: float16[n]) -> (y) {
      y = Cast(x) {to = 19, saturate = 0}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(x)",
        "Identity(Cast)",
      ]
    `);
  });

  it("reads 8-bit floats by way of float32", () => {
    const text = `graph main(x: float8_e5m2[n]) -> (y) {
      y = Cast(x) {to = 10}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(x)",
        "Cast(Cast)",
        "Identity(Cast_1)",
      ]
    `);
  });

  it("refuses what would round twice", () => {
    const text = `graph main(x: float64[n]) -> (y) {
      y = Cast(x) {to = 17}
    }`;
    expect(() => loweredText(text)).toThrow("would round twice");
  });

  it("refuses the types without a negative zero", () => {
    const text = `graph main(x: float32[n]) -> (y) {
      y = Cast(x) {to = 18}
    }`;
    expect(() => loweredText(text)).toThrow("no kernel for float8_e4m3fnuz");
  });
});
