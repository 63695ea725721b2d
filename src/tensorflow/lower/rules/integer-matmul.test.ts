import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("MatMulInteger", () => {
  it("subtracts a zero point a row, and one a column", () => {
    const text = `graph main(a: uint8[4, 3], b: int8[3, 2], p: uint8[4], q: int8[2]) -> (y) {
      y = MatMulInteger(a, b, p, q)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(a)",
        "Reshape(p, [-1,1])",
        "Cast(Reshape)",
        "Sub(Cast, Cast_1)",
        "Cast(b)",
        "Cast(q)",
        "Sub(Cast_2, Cast_3)",
        "BatchMatMulV2(Sub, Sub_1)",
        "Identity(BatchMatMulV2)",
      ]
    `);
  });
});

describe("QLinearMatMul", () => {
  it("scales the exact sum", () => {
    const text = `graph main(a: int8[4, 3], b: int8[3, 2], p: int8[], s: float32[]) -> (y) {
      y = QLinearMatMul(a, s, p, b, s, p, s, p)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Cast(a)",
        "Cast(p)",
        "Sub(Cast, Cast_1)",
        "Cast(b)",
        "Cast(p)",
        "Sub(Cast_2, Cast_3)",
        "BatchMatMulV2(Sub, Sub_1)",
        "Mul(s, s)",
        "RealDiv(Mul, s)",
        "Cast(BatchMatMulV2)",
        "Mul(Cast_4, RealDiv)",
        "Round(Mul_1)",
        "Cast(p)",
        "AddV2(Round, Cast_5)",
        "Maximum(AddV2, -128)",
        "Minimum(Maximum, 127)",
        "Cast(Minimum)",
        "Identity(Cast_6)",
      ]
    `);
  });
});
