import { expect, test } from "vitest";
import { addDims, type Dim, floorDivDims, mulDims, subDims, symbol } from "./dim.ts";
import { divideIfDivisible, isSameIfDivisible } from "./dividing.ts";

const [height, width] = [symbol("height"), symbol("width")];
const half = (dim: Dim): Dim => floorDivDims(dim, 2);

test("an image has as many elements as its windows", () => {
  const windows = [floorDivDims(height, 4), 4, floorDivDims(width, 4), 4].reduce<Dim>(mulDims, 1);
  expect(isSameIfDivisible(mulDims(height, width), windows)).toBe(true);
  expect(isSameIfDivisible(mulDims(height, width), mulDims(windows, 2))).toBe(false);
  expect(isSameIfDivisible(mulDims(height, height), windows)).toBe(false);
});

test("halves rounded up and down are the same of what is even, whatever stands beside it", () => {
  expect(isSameIfDivisible(half(addDims(height, 1)), half(height))).toBe(true);
  expect(isSameIfDivisible(addDims(half(subDims(height, 1)), 1), half(height))).toBe(true);
  expect(isSameIfDivisible(half(half(height)), floorDivDims(height, 4))).toBe(true);
  expect(isSameIfDivisible(half(addDims(height, 2)), half(height))).toBe(false);
  const quarter = floorDivDims(mulDims(height, width), 4);
  expect(divideIfDivisible(mulDims(half(addDims(height, 1)), half(width)), quarter)).toBe(1);
  expect(divideIfDivisible(mulDims(width, mulDims(4, quarter)), mulDims(height, width))).toEqual(width);
  expect(divideIfDivisible(half(height), height)).toBeUndefined();
  expect(isSameIfDivisible(12, 12)).toBe(true);
  expect(isSameIfDivisible(12, 13)).toBe(false);
});
