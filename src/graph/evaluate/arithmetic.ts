// Arithmetic on single elements, exact or not at all: integers as their dtype has them, also symbolically, and the
// float operations that IEEE 754 rounds correctly (so that every engine gives the same bits).
// Invariant: undefined means "not known exactly", never "wrong"; a result that does not fit its dtype is undefined.
// Not here: exp, tanh and other functions that engines round each in their own way.
import { type DType, isFloat, isInteger, isUnsigned } from "../../tensor/dtype.ts";
import {
  addDims,
  type Dim,
  floorDivDims,
  maxDims,
  minDims,
  modDims,
  mulDims,
  sameDim,
  subDims,
  termsOf,
} from "../dim.ts";

export type Known = Dim | undefined;
export type Unary = (x: Dim, dtype: DType) => Known;
export type Binary = (a: Dim, b: Dim, dtype: DType) => Known;

const INTEGER_BITS: Readonly<Partial<Record<DType, number>>> = {
  int8: 8,
  int16: 16,
  int32: 32,
  int64: 53, // doubles hold no more exactly
  uint8: 8,
  uint16: 16,
  uint32: 32,
  uint64: 53,
};

/** The number as an element of `dtype`: rounded for floats, undefined if it does not fit an integer type. */
export function asElement(value: number, dtype: DType): Known {
  if (dtype === "float32") return Math.fround(value);
  if (dtype === "float64" || dtype === "bool") return value;
  const bits = INTEGER_BITS[dtype];
  if (bits === undefined || !Number.isInteger(value)) return undefined;
  const low = isUnsigned(dtype) ? 0 : bits === 53 ? -(2 ** 53) : -(2 ** (bits - 1));
  const high = isUnsigned(dtype) || bits === 53 ? 2 ** bits : 2 ** (bits - 1);
  return value >= low && value < high ? value + 0 : undefined; // no integer is -0
}

/** Applies a function to numbers only. */
export function onNumber(compute: (x: number) => number | undefined): Unary {
  return (x, dtype) => {
    const result = typeof x === "number" ? compute(x) : undefined;
    return result === undefined ? undefined : asElement(result, dtype);
  };
}

export function onNumbers(compute: (a: number, b: number) => number | undefined): Binary {
  return (a, b, dtype) => {
    const result = typeof a === "number" && typeof b === "number" ? compute(a, b) : undefined;
    return result === undefined ? undefined : asElement(result, dtype);
  };
}

/** Numbers by `compute`, symbolic integers by `symbolic`. Casts to float keep symbols, so floats may meet them too. */
function lifted(
  compute: (a: number, b: number, dtype: DType) => number | undefined,
  symbolic: (a: Dim, b: Dim) => Known,
): Binary {
  return (a, b, dtype) => {
    if (typeof a === "number" && typeof b === "number") {
      const result = compute(a, b, dtype);
      return result === undefined ? undefined : asElement(result, dtype);
    }
    return isWhole(a) && isWhole(b) && dtype !== "bool" ? symbolic(a, b) : undefined;
  };
}

function isWhole(x: Dim): boolean {
  return typeof x !== "number" || Number.isSafeInteger(x);
}

export const add = lifted((a, b) => a + b, addDims);
export const subtract = lifted((a, b) => a - b, subDims);
export const multiply = lifted((a, b) => a * b, mulDims);
export const minimum = lifted((a, b) => Math.min(a, b), minDims);
export const maximum = lifted((a, b) => Math.max(a, b), maxDims);

/** Integer division rounds towards zero. A symbolic one is taken as floor: sizes are large enough for their model. */
export const divide: Binary = (a, b, dtype) => {
  if (typeof a === "number" && typeof b === "number") {
    if (isFloat(dtype)) return asElement(a / b, dtype);
    return b === 0 ? undefined : asElement(Math.trunc(a / b), dtype);
  }
  if (!isInteger(dtype) || !isWhole(a) || !isWhole(b)) return undefined;
  return (typeof b !== "number" || b > 0) && mayBePositive(a) ? floorDivDims(a, b) : undefined;
};

function mayBePositive(x: Dim): boolean {
  return termsOf(x).some((term) => term.coefficient > 0);
}

/** Python's remainder for integers (the divisor's sign). */
export const modulo: Binary = (a, b, dtype) => {
  if (typeof b === "number" && b <= 0)
    return typeof a === "number" && b < 0 ? asElement(a - b * Math.floor(a / b), dtype) : undefined;
  return isInteger(dtype) && isWhole(a) && isWhole(b) ? modDims(a, b) : undefined;
};

/** C's remainder (the dividend's sign). */
export const remainder = onNumbers((a, b) => (b === 0 ? undefined : a % b));

/** Only where repeated multiplication is exact or correctly rounded. */
export const power: Binary = (a, b, dtype) => {
  if (typeof a !== "number" || typeof b !== "number") return b === 1 ? a : undefined;
  if (b === 0.5 && isFloat(dtype)) return a > 0 ? asElement(Math.sqrt(a), dtype) : undefined;
  if (b === 2 || b === 1) return asElement(a ** b, dtype);
  return Number.isInteger(a) && Number.isInteger(b) && b >= 0 && Math.abs(a ** b) <= 2 ** 24
    ? asElement(a ** b, dtype)
    : undefined;
};

/** Sizes are never negative, so a sum of products of them with positive coefficients is not either. */
export function isNonNegative(x: Dim): boolean {
  return typeof x === "number" ? x >= 0 : termsOf(x).every((term) => term.coefficient > 0);
}

/** 1 or 0 if it is decided for all values of the symbols. */
export const equal = (a: Dim, b: Dim): Known => {
  if (typeof a === "number" && typeof b === "number") return a === b ? 1 : 0;
  if (sameDim(a, b)) return 1;
  if (!isWhole(a) || !isWhole(b)) return undefined;
  const difference = subDims(a, b);
  if (typeof difference === "number") return 0;
  const positive = (x: Dim) => isNonNegative(x) && termsOf(x).some((term) => term.atoms.length === 0);
  return positive(difference) || positive(mulDims(difference, -1)) ? 0 : undefined;
};

export const less = (a: Dim, b: Dim): Known => {
  if (typeof a === "number" && typeof b === "number") return a < b ? 1 : 0;
  if (!isWhole(a) || !isWhole(b)) return undefined;
  if (isNonNegative(subDims(a, b))) return 0;
  return isNonNegative(subDims(subDims(b, a), 1)) ? 1 : undefined;
};

export function not(x: Known): Known {
  return typeof x === "number" ? (x === 0 ? 1 : 0) : undefined;
}

export const and = (a: Known, b: Known): Known =>
  a === 0 || b === 0 ? 0 : a === 1 && b === 1 ? 1 : undefined;
export const or = (a: Known, b: Known): Known => not(and(not(a), not(b)));

/** A cast: floats to integers round towards zero, anything to bool is `!= 0`. */
export function cast(x: Dim, from: DType, to: DType): Known {
  if (to === "bool") return not(equal(x, 0));
  if (typeof x !== "number") return isInteger(to) || isFloat(to) ? x : undefined;
  if (!isInteger(to)) return asElement(x, to);
  const whole = isFloat(from) ? Math.trunc(x) : x;
  return isSentinel(whole) && to === "int64" ? whole : asElement(whole, to);
}

/** INT64_MAX and INT64_MIN as the nearest doubles: "to the end" of slices. */
function isSentinel(x: number): boolean {
  return x === 2 ** 63 || x === -(2 ** 63);
}

/** Rounds halves to even. */
export function roundEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}
