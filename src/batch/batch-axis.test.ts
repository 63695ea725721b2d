import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mulDims, symbol } from "../graph/dim.ts";
import { batchAxisOf, placesAfterReshape } from "./batch-axis.ts";
import { Sizes } from "./sizes.ts";

const sizes = new Sizes("n", 4);

describe("the batch in a shape", () => {
  it("is an axis of its own, or the outermost part of one", () => {
    expect(batchAxisOf([3, symbol("n"), 5], sizes)).toEqual({ axis: 1, factor: 1, inner: 1 });
    expect(batchAxisOf([mulDims(symbol("n"), 6), 5], sizes)).toEqual({ axis: 0, factor: 6, inner: 6 });
  });

  it("is nowhere if no axis has it, or two", () => {
    expect(batchAxisOf([3, symbol("t")], sizes)).toBeUndefined();
    expect(batchAxisOf([symbol("n"), symbol("n")], sizes)).toBeUndefined();
  });
});

/** Elements of the batch's first step, which stand `step` apart in memory. */
function stepOf(shape: readonly number[], { axis, inner }: { axis: number; inner: number }): number {
  return shape.slice(axis + 1).reduce((all, size) => all * size, inner);
}

describe("the batch after a Reshape", () => {
  const one = { axis: 0, factor: 1, inner: 1 };

  it.each([
    [[4, 12, 16], [4, 12, 2, 8], { axis: 0, factor: 1, inner: 1 }],
    [[4, 12, 16], [48, 16], { axis: 0, factor: 12, inner: 12 }],
    [[4, 4, 4], [4, 16], { axis: 0, factor: 1, inner: 1 }],
  ])("of 4 has one place: %j to %j", (from, to, place) => {
    expect(placesAfterReshape(from, one, to, 4)).toEqual([place]);
  });

  it("stays where it is inside an axis", () => {
    const inside = { axis: 0, factor: 5, inner: 1 }; // [5, batch] joined
    expect(placesAfterReshape([20, 3], inside, [5, 4, 3], 4)).toEqual([{ axis: 1, factor: 1, inner: 1 }]);
  });

  it("of 1 may have several, its own axis first", () => {
    const places = placesAfterReshape([1, 6], one, [1, 2, 3], 1);
    expect(places.map(({ axis, factor }) => [axis, factor])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it("is where its elements are, whatever the shapes", () => {
    const factors = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(factors, factors, fc.integer({ min: 1, max: 4 }), (before, behind, baked) => {
        const from = [...before, baked, ...behind];
        const batch = { axis: before.length, factor: 1, inner: 1 };
        const joined = [before.reduce((a, b) => a * b), baked * behind.reduce((a, b) => a * b)];
        for (const place of placesAfterReshape(from, batch, joined, baked)) {
          expect(stepOf(joined, place)).toBe(stepOf(from, batch));
        }
        expect(placesAfterReshape(from, batch, joined, baked).length).toBeGreaterThan(0);
      }),
    );
  });
});
