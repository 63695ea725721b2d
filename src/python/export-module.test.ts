import { describe, expect, it } from "vitest";
import { exampleInputs } from "./export-module.ts";

const sizesOf = (inputs: Parameters<typeof exampleInputs>[0], given = {}) =>
  Object.values(exampleInputs(inputs, given)).map((spec) => (spec as { sizes: number[] }).sizes);

describe("exampleInputs", () => {
  it("gives every name a size of its own above 1, and the same name the same size", () => {
    const sizes = sizesOf({
      image: { dtype: "float32", shape: ["batch", 3, "height", "width"] },
      tokens: { dtype: "int64", shape: ["batch", "length"] },
      table: { dtype: "float32", shape: ["rows", "length"] },
    });
    expect(sizes).toEqual([
      [2, 3, 224, 256],
      [2, 17],
      [3, 17],
    ]);
  });

  it("takes the caller's sizes and gives them to no other name", () => {
    expect(sizesOf({ x: { dtype: "float32", shape: ["a", "b", "c"] } }, { b: 2, c: 17 })).toEqual([
      [3, 2, 17],
    ]);
  });

  it("does not run out of sizes", () => {
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    const [sizes = []] = sizesOf({ x: { dtype: "float32", shape: names } });
    expect(new Set(sizes).size).toBe(12);
    expect(Math.min(...sizes)).toBeGreaterThan(1);
  });

  it("says which sizes are free, and passes values on", () => {
    const inputs = exampleInputs({ x: { dtype: "bool", shape: ["n", 4] }, rate: { value: 16000 } }, {});
    expect(inputs).toEqual({
      x: { dtype: "bool", sizes: [2, 4], symbols: ["n", null] },
      rate: { value: 16000 },
    });
  });
});
