// Bounds of sizes, checked against what the sizes are for small values of their symbols.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDims,
  type Dim,
  floorDivDims,
  maxDims,
  minDims,
  modDims,
  mulDims,
  subDims,
  substitute,
  symbol,
} from "../../../graph/dim.ts";
import { lowest } from "./bounds.ts";

const [n, m, counted, integer] = ["n", "m", "u0", "ui1"].map(symbol) as [Dim, Dim, Dim, Dim];

describe("what a size is at least", () => {
  it("follows from what its symbols are", () => {
    expect(lowest(addDims(mulDims(n, 3), 1))).toBe(4);
    expect(lowest(counted)).toBe(0);
    expect(lowest(integer)).toBe(Number.NEGATIVE_INFINITY);
    expect(lowest(subDims(n, m))).toBe(Number.NEGATIVE_INFINITY);
  });

  it("follows from what functions are between", () => {
    expect(lowest(subDims(n, floorDivDims(n, 2)))).toBe(1);
    expect(lowest(subDims(mulDims(floorDivDims(addDims(n, 3), 4), 4), n))).toBe(0);
    expect(lowest(subDims(n, minDims(n, m)))).toBe(0);
    expect(lowest(subDims(maxDims(n, m), m))).toBe(0);
    expect(lowest(subDims(3, modDims(integer, 4)))).toBe(0);
  });

  const dim = fc.letrec<{ dim: Dim }>((tie) => ({
    dim: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Dim>(n, m, 1, 2, 5, -3),
      fc
        .tuple(fc.constantFrom(addDims, subDims, mulDims, maxDims, minDims), tie("dim"), tie("dim"))
        .map(([operator, a, b]) => operator(a, b)),
      fc
        .tuple(fc.constantFrom(floorDivDims, modDims), tie("dim"), fc.integer({ min: 1, max: 5 }))
        .map(([operator, a, b]) => operator(a, b)),
    ),
  })).dim;

  it("is never more than what it is", () => {
    fc.assert(
      fc.property(dim, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (size, a, b) => {
        const value = substitute(size, (name) => (name === "n" ? a : b));
        expect(typeof value).toBe("number");
        expect(lowest(size)).toBeLessThanOrEqual(Number(value));
      }),
      { numRuns: 1000 },
    );
  });
});
