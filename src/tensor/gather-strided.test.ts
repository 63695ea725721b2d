// Strided views against a formula, for every element width.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contiguousStrides, extentOf, gatherStrided, isContiguous } from "./gather-strided.ts";

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251);

function byFormula(
  storage: Uint8Array,
  width: number,
  shape: number[],
  strides: number[],
  offset: number,
): number[] {
  const [size, ...rest] = shape;
  if (size === undefined) return [...storage.subarray(offset * width, (offset + 1) * width)];
  const [stride = 0, ...others] = strides;
  return Array.from({ length: size }, (_, i) =>
    byFormula(storage, width, rest, others, offset + i * stride),
  ).flat();
}

describe("gatherStrided", () => {
  it("is the formula", () => {
    const axes = fc.array(fc.tuple(fc.nat(4), fc.nat(5)), { maxLength: 4 });
    fc.assert(
      fc.property(
        axes,
        fc.nat(3),
        fc.constantFrom(1, 2, 4, 8, 16),
        fc.nat(1),
        (pairs, offset, width, shift) => {
          const shape = pairs.map(([size]) => size);
          const strides = pairs.map(([, stride]) => stride);
          const view = { shape, strides, offset };
          const storage = bytes(extentOf(view) * width + shift).subarray(shift);
          expect([...gatherStrided(storage, width, view)]).toEqual(
            byFormula(storage, width, shape, strides, offset),
          );
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });

  it("refuses views that leave the storage", () => {
    expect(() => gatherStrided(bytes(8), 4, { shape: [2], strides: [1], offset: 1 })).toThrow(RangeError);
    expect(() => gatherStrided(bytes(8), 4, { shape: [2], strides: [-1], offset: 1 })).toThrow(RangeError);
    expect(() => gatherStrided(bytes(8), 4, { shape: [2], strides: [], offset: 0 })).toThrow(RangeError);
  });
});

describe("isContiguous", () => {
  it("ignores strides of axes of size 1", () => {
    expect(contiguousStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(isContiguous({ shape: [1, 3], strides: [99, 1], offset: 0 })).toBe(true);
    expect(isContiguous({ shape: [3, 2], strides: [1, 3], offset: 0 })).toBe(false);
  });
});
