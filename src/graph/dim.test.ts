import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDims,
  ceilDivDims,
  type Dim,
  divideExactly,
  floorDivDims,
  maxDims,
  minDims,
  modDims,
  mulDims,
  productOf,
  sameDim,
  subDims,
  substitute,
  symbol,
  symbolName,
  symbolsIn,
} from "./dim.ts";
import { lex, TokenReader } from "./text/lex.ts";
import { parseDim } from "./text/parse-type.ts";

const [a, b] = [symbol("a"), symbol("b")];

/** An expression, and how to compute it with numbers alone. */
interface Sample {
  readonly dim: Dim;
  compute(values: Readonly<Record<string, number>>): number;
}

const OPERATIONS: readonly (readonly [(x: Dim, y: Dim) => Dim, (x: number, y: number) => number])[] = [
  [addDims, (x, y) => x + y],
  [subDims, (x, y) => x - y],
  [mulDims, (x, y) => x * y],
  [maxDims, Math.max],
  [minDims, Math.min],
];
const DIVISIONS: typeof OPERATIONS = [
  [floorDivDims, (x, y) => Math.floor(x / y)],
  [ceilDivDims, (x, y) => Math.ceil(x / y)],
  [modDims, (x, y) => x - y * Math.floor(x / y)],
];

const samples = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 4 },
    fc
      .constantFrom("a", "b", "c")
      .map((name): Sample => ({ dim: symbol(name), compute: (v) => v[name] ?? 0 })),
    fc.integer({ min: -9, max: 9 }).map((value): Sample => ({ dim: value, compute: () => value })),
    fc.tuple(fc.constantFrom(...OPERATIONS), tie("sample"), tie("sample")).map(
      ([[symbolic, plain], x, y]): Sample => ({
        dim: symbolic(x.dim, y.dim),
        compute: (v) => plain(x.compute(v), y.compute(v)),
      }),
    ),
    fc.tuple(fc.constantFrom(...DIVISIONS), tie("sample"), fc.integer({ min: 1, max: 7 })).map(
      ([[symbolic, plain], x, y]): Sample => ({
        dim: symbolic(x.dim, y),
        compute: (v) => plain(x.compute(v), y),
      }),
    ),
  ),
})).sample;

const values = fc.record({ a: fc.nat(20), b: fc.nat(20), c: fc.nat(20) });

describe("arithmetic", () => {
  test("of symbols, evaluated, is that of numbers", () => {
    fc.assert(
      fc.property(samples, values, (sample, numbers) => {
        const evaluated = substitute(sample.dim, (name) => numbers[name as keyof typeof numbers]);
        expect(evaluated).toBe(sample.compute(numbers) + 0); // no -0
      }),
    );
  });

  test("partly evaluated and then the rest is the same", () => {
    fc.assert(
      fc.property(samples, values, (sample, numbers) => {
        const half = substitute(sample.dim, (name) => (name === "a" ? numbers.a : undefined));
        const evaluated = substitute(half, (name) => numbers[name as keyof typeof numbers]);
        expect(evaluated).toBe(sample.compute(numbers) + 0);
      }),
    );
  });

  test("that is equal has equal keys", () => {
    fc.assert(
      fc.property(samples, samples, samples, (x, y, z) => {
        expect(sameDim(addDims(x.dim, y.dim), addDims(y.dim, x.dim))).toBe(true);
        expect(sameDim(mulDims(x.dim, y.dim), mulDims(y.dim, x.dim))).toBe(true);
        const left = mulDims(x.dim, addDims(y.dim, z.dim));
        const right = addDims(mulDims(x.dim, y.dim), mulDims(x.dim, z.dim));
        expect(sameDim(left, right)).toBe(true);
        expect(subDims(x.dim, x.dim)).toBe(0);
      }),
    );
  });

  test("that divides exactly multiplies back", () => {
    fc.assert(
      fc.property(samples, samples, (x, y) => {
        const product = mulDims(x.dim, y.dim);
        const quotient = divideExactly(product, y.dim);
        if (quotient !== undefined) expect(sameDim(mulDims(quotient, y.dim), product)).toBe(true);
      }),
    );
  });

  test("prints as text that parses back", () => {
    fc.assert(
      fc.property(samples, ({ dim }) => {
        const read = parseDim(new TokenReader(lex(String(dim))));
        expect(String(read)).toBe(String(dim));
      }),
    );
  });
});

test("expressions read as one writes them", () => {
  expect(String(addDims(mulDims(2, a), 1))).toBe("2*a + 1");
  expect(String(subDims(mulDims(a, b), 3))).toBe("a*b - 3");
  expect(String(floorDivDims(addDims(a, 1), 2))).toBe("floordiv(a + 1, 2)");
  expect(String(productOf([a, 2, b, 3]))).toBe("6*a*b");
});

test("what divides exactly is no function", () => {
  expect(floorDivDims(mulDims(6, a), 3)).toEqual(mulDims(2, a));
  expect(modDims(mulDims(6, a), 3)).toBe(0);
  expect(divideExactly(mulDims(a, b), a)).toEqual(b);
  expect(divideExactly(a, 2)).toBeUndefined();
  expect(divideExactly(a, 0)).toBeUndefined();
});

test("sizes of one chain of strides are the same, however they were come to", () => {
  const halved = (dim: Dim): Dim => addDims(floorDivDims(subDims(dim, 1), 2), 1);
  const rounded = subDims(subDims(a, 1), modDims(subDims(a, 1), 8));
  expect(halved(halved(halved(a)))).toEqual(addDims(floorDivDims(subDims(a, 1), 8), 1));
  expect(floorDivDims(rounded, 8)).toEqual(floorDivDims(subDims(a, 1), 8));
  expect(String(floorDivDims(addDims(mulDims(4, a), 7), 2))).toBe("2*a + 3");
  expect(String(floorDivDims(subDims(mulDims(3, a), b), 2))).toBe("floordiv(3*a - b, 2)");
});

test("a size that is padded to a multiple is that multiple, however it was come to", () => {
  const multiple = mulDims(floorDivDims(addDims(a, 3), 4), 4);
  const missing = modDims(subDims(4, modDims(a, 4)), 4);
  expect(addDims(a, missing)).toEqual(multiple);
  expect(subDims(multiple, missing)).toEqual(a);
  expect(mulDims(floorDivDims(mulDims(a, -1), 4), -4)).toEqual(multiple);
  expect(addDims(mulDims(floorDivDims(a, 4), 4), modDims(a, 4))).toEqual(a);
  expect(String(modDims(a, b))).toBe("mod(a, b)");
});

test("symbols are found, inside functions too", () => {
  expect([...symbolsIn(addDims(floorDivDims(a, 2), b))].sort()).toEqual(["a", "b"]);
  expect(symbolName(a)).toBe("a");
  expect(symbolName(addDims(a, 1))).toBeUndefined();
  expect(symbolName(3)).toBeUndefined();
});
