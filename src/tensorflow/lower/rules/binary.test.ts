import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("element-wise operators", () => {
  it("divide integers towards zero", () => {
    const text = `graph main(x: int32[n], y: int32[n]) -> (z) {
      z = Div(x, y)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "TruncateDiv(x, y)",
        "Identity(TruncateDiv)",
      ]
    `);
  });

  it("leave axes in front that change nothing, which TensorFlow takes for a bias", () => {
    const text = `graph main(x: float32[n, 4], b: float32[1, 4]) -> (z) {
      z = Add(x, b)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(b, [4])",
        "AddV2(x, Reshape)",
        "Identity(AddV2)",
      ]
    `);
  });

  it("compute in a wider type where there is no kernel", () => {
    const text = `graph main(x: uint8[n], y: uint8[n]) -> (z) {
      z = Mod(x, y) {fmod = 1}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(x)",
        "Cast(y)",
        "TruncateMod(Cast, Cast_1)",
        "Cast(TruncateMod)",
        "Identity(Cast_2)",
      ]
    `);
  });
});
