import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("ScatterND", () => {
  it("writes rows of the flattened data", () => {
    const text = `graph main(x: float32[4, 5, 6], i: int64[k, 2], u: float32[k, 6]) -> (y) {
      y = ScatterND(x, i, u) {reduction = "add"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Less(i, 0)",
        "AddV2(i, [4,5])",
        "SelectV2(Less, AddV2, i)",
        "Mul(SelectV2, [5,1])",
        "Sum(Mul, -1)",
        "Reshape(x, [-1,6])",
        "Reshape(u, [-1,6])",
        "Reshape(Sum, [-1,1])",
        "TensorScatterAdd(Reshape, Reshape_2, Reshape_1)",
        "Reshape(TensorScatterAdd, [4,5,6])",
        "Identity(Reshape_3)",
      ]
    `);
  });

  it("multiplies by the product of all factors of a place", () => {
    const text = `graph main(x: float32[4], u: float32[3]) -> (y) {
      i: int64[3, 1] = [0, 2, 2]
      y = ScatterND(x, i, u) {reduction = "mul"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Mul([0,2,2], [1])",
        "Sum(Mul, -1)",
        "Reshape(x, [-1])",
        "Reshape(u, [-1])",
        "Reshape(Sum, [-1])",
        "UnsortedSegmentProd(Reshape_1, Reshape_3, 4)",
        "Mul(Reshape, UnsortedSegmentProd)",
        "Reshape(Mul_1, [4])",
        "Identity(Reshape_4)",
      ]
    `);
  });
});
