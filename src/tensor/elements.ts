// The elements of a tensor's bytes as numbers, and back: one place for every dtype's width and rounding.
// Layout: little-endian, as tensors are; the machine is little-endian too, as all that Node 20 supports but s390x.
// Not here: strings (tensor.strings) and complex numbers, which have no single number.
import type { DType } from "./dtype.ts";
import { decodeSmallFloat, encodeSmallFloat, isSmallFloat, SMALL_FLOATS } from "./small-float.ts";

/** Elements in order: numbers, or bigints for 64-bit integers. Bools are 0 and 1. */
export type Elements =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A dtype whose elements are single numbers. */
export type NumericDType = Exclude<DType, "string" | "complex64" | "complex128">;

export function isNumeric(dtype: DType): dtype is NumericDType {
  return dtype !== "string" && dtype !== "complex64" && dtype !== "complex128";
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** The elements of `bytes`: a view where alignment allows, else a copy. Floats below 32 bits become Float32Array. */
export function elementsOf(dtype: NumericDType, bytes: Uint8Array): Elements {
  if (isSmallFloat(dtype)) return smallFloats(dtype, bytes);
  const array = ARRAYS[dtype];
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  const buffer = aligned.buffer as ArrayBuffer; // the constructors' types leave shared buffers out; they take them
  return new array(buffer, aligned.byteOffset, aligned.byteLength / array.BYTES_PER_ELEMENT);
}

function smallFloats(dtype: keyof typeof SMALL_FLOATS, bytes: Uint8Array): Float32Array {
  const bits = elementsOf(SMALL_FLOATS[dtype].signBit > 0x80 ? "uint16" : "uint8", bytes);
  const values = new Float32Array(bits.length);
  for (let i = 0; i < values.length; i++) values[i] = decodeSmallFloat(SMALL_FLOATS[dtype], Number(bits[i]));
  return values;
}

/**
 * The bytes of `values` as `dtype`: floats round to nearest, floats become integers by truncation, integers wrap,
 * bools are "not zero". NaN and what no integer can hold becomes 0 or wraps, as C leaves it open.
 */
export function bytesOf(dtype: NumericDType, values: ArrayLike<number | bigint>): Uint8Array {
  if (isSmallFloat(dtype)) return smallFloatBytes(dtype, values);
  const target = new ARRAYS[dtype](values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0; // the index is inside
    if (target instanceof BigInt64Array || target instanceof BigUint64Array) target[i] = toBigInt(value);
    else if (dtype === "bool") target[i] = Number(value) === 0 ? 0 : 1;
    else target[i] = typeof value === "bigint" ? narrow(dtype, value) : value;
  }
  return new Uint8Array(target.buffer);
}

function smallFloatBytes(dtype: keyof typeof SMALL_FLOATS, values: ArrayLike<number | bigint>): Uint8Array {
  const float = SMALL_FLOATS[dtype];
  const bits = float.signBit > 0x80 ? new Uint16Array(values.length) : new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = encodeSmallFloat(float, Number(values[i]));
  return new Uint8Array(bits.buffer);
}

function toBigInt(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

function narrow(dtype: NumericDType, value: bigint): number {
  return dtype === "float32" || dtype === "float64" ? Number(value) : Number(BigInt.asIntN(32, value));
}
