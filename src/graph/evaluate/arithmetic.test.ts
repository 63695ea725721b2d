import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addDims, mulDims, subDims, substitute, symbol } from "../dim.ts";
import {
  add,
  and,
  asElement,
  cast,
  divide,
  equal,
  isNonNegative,
  less,
  multiply,
  not,
  or,
  power,
} from "./arithmetic.ts";

const n = symbol("n");

describe("elements fit their dtype or are unknown", () => {
  test.each([
    ["int8", 127, 127],
    ["int8", 128, undefined],
    ["uint8", -1, undefined],
    ["uint8", 255, 255],
    ["int32", 2 ** 31, undefined],
    ["int64", 2 ** 53, undefined],
    ["int64", 1.5, undefined],
    ["float32", 0.1, Math.fround(0.1)],
    ["float64", 0.1, 0.1],
    ["float16", 1, undefined],
  ] as const)("%s %d", (dtype, value, expected) => {
    expect(asElement(value, dtype)).toBe(expected);
  });

  test("float32 arithmetic is that of float32 arrays", () => {
    const float = fc.float({ noNaN: true });
    fc.assert(
      fc.property(float, float, (a, b) => {
        const array = (value: number) => new Float32Array([value])[0];
        expect(add(a, b, "float32")).toBe(array(a + b));
        expect(multiply(a, b, "float32")).toBe(array(a * b));
        expect(divide(a, b, "float32")).toBe(array(a / b));
      }),
    );
  });

  test("int64 arithmetic is exact as long as it is known", () => {
    const integer = fc.maxSafeInteger();
    fc.assert(
      fc.property(integer, integer, (a, b) => {
        const product = multiply(a, b, "int64");
        if (product !== undefined) expect(BigInt(String(product))).toBe(BigInt(a) * BigInt(b));
        const quotient = divide(a, b, "int64");
        if (quotient !== undefined) expect(BigInt(String(quotient))).toBe(BigInt(a) / BigInt(b));
      }),
    );
  });

  test("powers only where they are exact", () => {
    expect(power(3, 2, "float32")).toBe(9);
    expect(power(2, 0.5, "float32")).toBe(Math.fround(Math.SQRT2));
    expect(power(2, 10, "int64")).toBe(1024);
    expect(power(1.1, 3, "float32")).toBeUndefined();
    expect(power(2, -1, "int64")).toBeUndefined();
  });

  test("casts truncate, keep the ends of ranges, and test for zero", () => {
    expect(cast(-2.7, "float32", "int64")).toBe(-2);
    expect(cast(300, "int64", "uint8")).toBeUndefined();
    expect(cast(2 ** 63, "int64", "int64")).toBe(2 ** 63);
    expect(cast(0.5, "float32", "bool")).toBe(1);
    expect(cast(addDims(n, 1), "int64", "bool")).toBe(1);
    expect(cast(n, "int64", "bool")).toBeUndefined();
  });
});

describe("comparisons of sizes hold for every size", () => {
  const expressions = fc
    .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -5, max: 5 }))
    .map(([factor, offset]) => addDims(mulDims(n, factor), offset));

  test("whenever they are decided", () => {
    fc.assert(
      fc.property(expressions, expressions, fc.nat(30), (a, b, size) => {
        const [x, y] = [a, b].map((dim) => Number(substitute(dim, () => size))) as [number, number];
        const same = equal(a, b);
        if (same !== undefined) expect(same).toBe(x === y ? 1 : 0);
        const smaller = less(a, b);
        if (smaller !== undefined) expect(smaller).toBe(x < y ? 1 : 0);
        if (isNonNegative(a)) expect(x).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("and they are decided where exporters need it", () => {
    expect(equal(n, -1)).toBe(0);
    expect(less(n, 0)).toBe(0);
    expect(equal(subDims(n, 2), n)).toBe(0);
    expect(equal(n, 1)).toBeUndefined();
  });
});

test("logic with unknowns", () => {
  expect([and(0, undefined), and(1, undefined), and(1, 1)]).toEqual([0, undefined, 1]);
  expect([or(1, undefined), or(0, undefined), or(0, 0)]).toEqual([1, undefined, 0]);
  expect([not(0), not(3), not(undefined)]).toEqual([1, 0, undefined]);
});
