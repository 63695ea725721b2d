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

  it("closes the other axes up where the axis is free", () => {
    const text = `graph main(x: float32[2, 8, 2], a: int64[]) -> (y) {
      y = DFT(x, _, a)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Less(a, 0)",
        "AddV2(a, 3)",
        "SelectV2(Less, AddV2, a)",
        "GreaterEqual([0,1], SelectV2)",
        "AddV2([0,1], 1)",
        "SelectV2(GreaterEqual, AddV2_1, [0,1])",
        "Equal([0,1], 1)",
        "SelectV2(Equal, SelectV2, SelectV2_1)",
        "InvertPermutation(SelectV2_2)",
        "Unpack(x) {axis=-1 num=2}",
        "Transpose(Unpack, SelectV2_2)",
        "Transpose(Unpack:1, SelectV2_2)",
        "Complex(Transpose, Transpose_1)",
        "FFT(Complex)",
        "Real(FFT)",
        "Imag(FFT)",
        "Transpose(Real, InvertPermutation)",
        "Transpose(Imag, InvertPermutation)",
        "Pack(Transpose_2, Transpose_3) {axis=2}",
        "Identity(Pack)",
      ]
    `);
  });
});
