import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("STFT", () => {
  it("transforms weighted frames", () => {
    const text = `graph main(x: float32[n, 32, 1], w: float32[8]) -> (y) {
      s: int64[] = [4]
      y = STFT(x, s, w)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Unpack(x) {axis=2 num=1}",
        "Sub(32, 8)",
        "FloorDiv(Sub, 4)",
        "AddV2(FloorDiv, 1)",
        "Range(0, AddV2, 1)",
        "Mul(Range, 4)",
        "Range(0, 8, 1)",
        "Reshape(Mul, [-1,1])",
        "AddV2(Reshape, Range_1)",
        "GatherV2(Unpack, AddV2_1, 1)",
        "Mul(GatherV2, w)",
        "Cast(8)",
        "Reshape(Cast, [1])",
        "RFFT(Mul_1, Reshape_1)",
        "Real(RFFT)",
        "Imag(RFFT)",
        "Pack(Real, Imag) {axis=3}",
        "Identity(Pack)",
      ]
    `);
  });

  it("refuses one side of a complex signal", () => {
    const text = `graph main(x: float32[n, 32, 2], w: float32[8]) -> (y) {
      s: int64[] = [4]
      y = STFT(x, s, w)
    }`;
    expect(() => loweredText(text)).toThrow("one side of a complex signal");
  });
});
