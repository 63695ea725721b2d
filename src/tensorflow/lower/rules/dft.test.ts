import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("DFT", () => {
  it("takes the real transform where half of it is wanted", () => {
    const text = `graph main(x: float32[n, 8, 1]) -> (y) {
      l: int64[] = [8]
      a: int64[] = [1]
      y = DFT(x, l, a) {onesided = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Unpack(x) {axis=-1 num=1}",
        "Cast(8)",
        "Reshape(Cast, [1])",
        "RFFT(Unpack, Reshape)",
        "Real(RFFT)",
        "Imag(RFFT)",
        "Pack(Real, Imag) {axis=2}",
        "Identity(Pack)",
      ]
    `);
  });

  it("cuts a complex signal to the wanted length", () => {
    const text = `graph main(x: float32[n, 8, 2]) -> (y) {
      l: int64[] = [5]
      a: int64[] = [1]
      y = DFT(x, l, a) {inverse = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Unpack(x) {axis=-1 num=2}",
        "Complex(Unpack, Unpack:1)",
        "StridedSlice(Complex, [0,0], [0,-3], [1,1]) {end_mask=1}",
        "IFFT(StridedSlice)",
        "Real(IFFT)",
        "Imag(IFFT)",
        "Pack(Real, Imag) {axis=2}",
        "Identity(Pack)",
      ]
    `);
  });
});
