import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("BitCast", () => {
  it("keeps the bits", () => {
    const text = `graph main(x: float32[n]) -> (y) {
      y = BitCast(x) {to = 6}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Bitcast(x)",
        "Identity(Bitcast)",
      ]
    `);
  });

  it("takes the byte of a bool as its number", () => {
    const text = `graph main(x: bool[n]) -> (y) {
      y = BitCast(x) {to = 2}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(x)",
        "Identity(Cast)",
      ]
    `);
  });

  it("refuses what no bool says", () => {
    const text = `graph main(x: uint8[n]) -> (y) {
      y = BitCast(x) {to = 9}
    }`;
    expect(() => loweredText(text)).toThrow("cannot take the bits of bool");
  });
});
