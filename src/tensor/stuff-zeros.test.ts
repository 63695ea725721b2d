import { describe, expect, it } from "vitest";
import { flipped } from "./flip.ts";
import { numbersOf, tensorOfNumbers } from "./numbers.ts";
import { stuffed } from "./stuff-zeros.ts";

const square = tensorOfNumbers("float32", [2, 2, 1], [1, 2, 3, 4]);

describe("stuffed", () => {
  it("puts zeros between neighbours, not around them", () => {
    const wide = stuffed(square, [2, 3, 1]);
    expect(wide.shape).toEqual([3, 4, 1]);
    expect(numbersOf(wide)).toEqual([1, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 4]);
  });

  it("is the same tensor when there is nothing to put", () => {
    expect(stuffed(square, [1, 1, 1])).toBe(square);
  });
});

describe("flipped", () => {
  it("reads backwards along the axes that are named", () => {
    const tensor = tensorOfNumbers("int16", [2, 3, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(numbersOf(flipped(tensor, [0]))).toEqual([6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5]);
    expect(numbersOf(flipped(tensor, [0, 1]))).toEqual([10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1]);
    expect(numbersOf(flipped(tensor, [2]))).toEqual([1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10]);
    expect(numbersOf(flipped(flipped(tensor, [0, 1, 2]), [0, 1, 2]))).toEqual(numbersOf(tensor));
  });
});
