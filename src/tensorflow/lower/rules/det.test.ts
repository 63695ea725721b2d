import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Det", () => {
  it("is computed in float32 for narrow floats", () => {
    const text = `graph main(x: float16[n, 3, 3]) -> (y) {
      y = Det(x)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(x)",
        "MatrixDeterminant(Cast)",
        "Cast(MatrixDeterminant)",
        "Identity(Cast_1)",
      ]
    `);
  });
});
