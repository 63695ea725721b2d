// Floats of 16 and 8 bits, which JavaScript has no typed arrays for: bits <-> numbers.
// Sources: IEEE 754 (float16), the OCP 8-bit floating point specification (e4m3fn, e5m2), arXiv:2206.02915 (fnuz).
// Layout: sign, exponent, mantissa from the highest bit. Rounding is to the nearest, ties to even.
import type { DType } from "./dtype.ts";

export interface SmallFloat {
  readonly mantissaBits: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  /** Bits of the largest finite number. */
  readonly maxBits: number;
  /** Bits of what overflows: infinity, or NaN where there is no infinity. */
  readonly overflowBits: number;
  readonly nanBits: number;
  readonly signBit: number;
  /** fnuz formats have no negative zero: its bits are their NaN. */
  readonly hasNegativeZero: boolean;
}

export const SMALL_FLOATS = {
  float16: format(10, -14, 0x7bff, 0x7c00, 0x7e00, 0x8000, true),
  bfloat16: format(7, -126, 0x7f7f, 0x7f80, 0x7fc0, 0x8000, true),
  float8_e4m3fn: format(3, -6, 0x7e, 0x7f, 0x7f, 0x80, true),
  float8_e5m2: format(2, -14, 0x7b, 0x7c, 0x7e, 0x80, true),
  float8_e4m3fnuz: format(3, -7, 0x7f, 0x80, 0x80, 0x80, false),
  float8_e5m2fnuz: format(2, -15, 0x7f, 0x80, 0x80, 0x80, false),
} as const satisfies Partial<Record<DType, SmallFloat>>;

export type SmallFloatDType = keyof typeof SMALL_FLOATS;

export function isSmallFloat(dtype: DType): dtype is SmallFloatDType {
  return dtype in SMALL_FLOATS;
}

function format(
  mantissaBits: number,
  minExponent: number,
  maxBits: number,
  overflowBits: number,
  nanBits: number,
  signBit: number,
  hasNegativeZero: boolean,
): SmallFloat {
  return { mantissaBits, minExponent, maxBits, overflowBits, nanBits, signBit, hasNegativeZero };
}

/** The number that `bits` stand for; exact. */
export function decodeSmallFloat(float: SmallFloat, bits: number): number {
  const magnitude = bits & (float.signBit - 1);
  const negative = (bits & float.signBit) !== 0;
  if (negative && magnitude === 0) return float.hasNegativeZero ? -0 : Number.NaN;
  if (magnitude > float.maxBits) {
    if (magnitude !== float.overflowBits || float.overflowBits === float.nanBits) return Number.NaN;
    return negative ? -Infinity : Infinity;
  }
  const value = magnitudeOf(float, magnitude);
  return negative ? -value : value;
}

function magnitudeOf(float: SmallFloat, magnitude: number): number {
  const exponent = magnitude >> float.mantissaBits;
  const fraction = magnitude & ((1 << float.mantissaBits) - 1);
  const significand = exponent === 0 ? fraction : fraction + (1 << float.mantissaBits);
  return significand * 2 ** (Math.max(exponent, 1) - 1 + float.minExponent - float.mantissaBits);
}

/** The bits of the nearest number of the format, ties to even. */
export function encodeSmallFloat(float: SmallFloat, value: number): number {
  if (Number.isNaN(value)) return float.nanBits;
  const negative = value < 0 || Object.is(value, -0);
  const magnitude = Math.abs(value) === Infinity ? float.maxBits + 1 : roundMagnitude(float, Math.abs(value));
  const bits = magnitude > float.maxBits ? float.overflowBits : magnitude;
  if (!negative || (bits === 0 && !float.hasNegativeZero)) return bits;
  return bits | float.signBit;
}

function roundMagnitude(float: SmallFloat, value: number): number {
  const exponent = Math.max(exponentOf(value), float.minExponent);
  // The scale is a power of two, so the quotient is exact.
  const significand = roundHalfToEven(value / 2 ** (exponent - float.mantissaBits));
  // A normal number's leading one adds one to the exponent field; a carry out of the mantissa another.
  return (exponent - float.minExponent) * 2 ** float.mantissaBits + significand;
}

const scratch = new DataView(new ArrayBuffer(8));

/** floor(log2(value)) for a positive finite value; -1023 or below for subnormals of float64. */
function exponentOf(value: number): number {
  scratch.setFloat64(0, value);
  return (scratch.getUint16(0) >> 4) - 1023;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
