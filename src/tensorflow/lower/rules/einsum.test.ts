import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Einsum", () => {
  it("sorts the letters of an output that is not said", () => {
    const text = `graph main(x: float32[n, 3], y: float32[3, 4]) -> (z) {
      z = Einsum(x, y) {equation = "bj, ja"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Einsum(x, y) {equation="bj,ja->ab"}",
        "Identity(Einsum)",
      ]
    `);
  });

  it("takes three operands two at a time", () => {
    const text = `graph main(x: float32[n, 3], y: float32[3, 4], w: float32[4, 5]) -> (z) {
      z = Einsum(x, y, w) {equation = "ni,ij,jk->nk"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Einsum(x, y) {equation="ni,ij->nj"}",
        "Einsum(Einsum, w) {equation="nj,jk->nk"}",
        "Identity(Einsum_1)",
      ]
    `);
  });
});
