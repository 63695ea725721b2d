// Elements of tensors as doubles, and back: for small constants and for the arithmetic of folding.
// Exact for every real dtype but int64 and uint64 beyond 2^53, which become the nearest double.
// Not here: elements as they are, 64-bit integers whole (elements.ts); moving them (gather-strided.ts, transpose.ts).
import type { DType } from "./dtype.ts";
import { bytesOf, elementsOf, isNumeric, type NumericDType } from "./elements.ts";
import { type Tensor, tensorFromBytes } from "./tensor.ts";

/** Whether elements of this type take part in arithmetic; not so complex numbers, strings and 8-bit floats. */
export function hasNumbers(dtype: DType): dtype is NumericDType {
  return isNumeric(dtype) && !dtype.startsWith("float8");
}

/** The elements in row-major order. Throws a TypeError for a dtype without numbers. */
export function numbersOf(tensor: Tensor): number[] {
  return Array.from<number | bigint, number>(elementsOf(demandNumbers(tensor.dtype), tensor.read()), Number);
}

/** Bytes of the numbers rounded to the dtype (to nearest, ties to even; 64-bit integers clamp). */
export function bytesOfNumbers(dtype: DType, numbers: ArrayLike<number>): Uint8Array {
  const range = RANGES_64[dtype];
  const values = range ? Array.from(numbers, (value) => clamp(value, range)) : numbers;
  return bytesOf(demandNumbers(dtype), values);
}

export function tensorOfNumbers(dtype: DType, shape: readonly number[], numbers: ArrayLike<number>): Tensor {
  return tensorFromBytes(dtype, shape, bytesOfNumbers(dtype, numbers));
}

interface Range {
  readonly low: bigint;
  readonly high: bigint;
}

const RANGES_64: Readonly<Partial<Record<DType, Range>>> = {
  int64: { low: -(2n ** 63n), high: 2n ** 63n - 1n },
  uint64: { low: 0n, high: 2n ** 64n - 1n },
};

function clamp(value: number, { low, high }: Range): bigint {
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : value > 0 ? high : low;
  return whole < low ? low : whole > high ? high : whole;
}

function demandNumbers(dtype: DType): NumericDType {
  if (!hasNumbers(dtype)) throw new TypeError(`${dtype} has no plain numbers`);
  return dtype;
}
