import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { symbol } from "../../graph/dim.ts";
import {
  contiguousStrides,
  expandedStrides,
  isContiguous,
  memoryOrder,
  reshapedStrides,
} from "./memory-order.ts";

/** Places in memory of all elements, row-major. */
function places(shape: readonly number[], strides: readonly unknown[]): number[] {
  return shape.reduce<number[]>(
    (all, size, axis) =>
      all.flatMap((place) => Array.from({ length: size }, (_, at) => place + at * Number(strides[axis]))),
    [0],
  );
}

/** A tensor whose axes memory has in another order, which may be a part of a larger one. */
const tensors = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 4 }), gap: fc.integer({ min: 0, max: 1 }) }), {
    maxLength: 4,
  })
  .chain((axes) =>
    fc.shuffledSubarray([...axes.keys()], { minLength: axes.length }).map((order) => {
      const strides: number[] = [];
      let step = 1;
      for (const axis of [...order].reverse()) {
        strides[axis] = step;
        step *= (axes[axis]?.size ?? 1) + (axes[axis]?.gap ?? 0);
      }
      return { shape: axes.map(({ size }) => size), strides };
    }),
  );

const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });

describe("the order of memory", () => {
  it("is contiguous exactly where elements follow each other", () => {
    fc.assert(
      fc.property(tensors, ({ shape, strides }) => {
        const follows = places(shape, strides).every((place, at) => place === at);
        expect(isContiguous(shape, strides)).toBe(follows);
      }),
    );
  });

  it("puts the axes such that elements follow each other, if they do in any order", () => {
    fc.assert(
      fc.property(tensors, ({ shape, strides }) => {
        const order = memoryOrder(shape, strides);
        const found = places(shape, strides);
        expect(order !== undefined).toBe(Math.max(...found) === found.length - 1);
        const turned = (values: readonly number[]) => (order ?? []).map((axis) => values[axis] ?? 1);
        if (order) expect(isContiguous(turned(shape), turned(strides))).toBe(true);
      }),
    );
  });

  it("is not known of elements that share memory", () => {
    expect(memoryOrder([3, 4], [0, 1])).toBeUndefined();
    expect(memoryOrder([3, 4], [2, 1])).toBeUndefined();
  });

  it("is found with free sizes", () => {
    const n = symbol("n");
    expect(memoryOrder([4, n, 2], [2, 8, 1])).toEqual([1, 0, 2]);
    expect(contiguousStrides([4, n, 2]).map(String)).toEqual(["2*n", "2", "1"]);
  });
});

describe("another shape of the same memory", () => {
  it("has its elements in the same places", () => {
    fc.assert(
      fc.property(tensors, sizes, ({ shape, strides }, target) => {
        fc.pre(places(shape, strides).length === places(target, target).length);
        const seen = reshapedStrides(shape, strides, target);
        if (seen) expect(places(target, seen)).toEqual(places(shape, strides));
      }),
    );
  });

  it("joins axes that lie side by side, also among others", () => {
    expect(reshapedStrides([2, 4, 12, 8], [32, 8, 64, 1], [8, 12, 8])).toEqual([8, 64, 1]);
    expect(reshapedStrides([8, 12, 8], [8, 64, 1], [8, 3, 4, 8])).toEqual([8, 256, 64, 1]);
    expect(reshapedStrides([3, 2], [1, 3], [6])).toBeUndefined();
  });

  it("repeats elements where it is larger", () => {
    expect(expandedStrides([3, 1], [1, 1], [2, 3, 4])).toEqual([0, 1, 0]);
  });
});
