// One float as text, positional or scientific, as numpy's dragon4_positional and dragon4_scientific write it.
// Not here: the choice between the two and the widths of a whole array (float-layout.ts).
import { BINARY_FORMATS, type Digits, type FloatName, shortestDigits } from "./shortest-digits.ts";

export interface FloatStyle {
  /** Digits after the point, at most. */
  readonly precision?: number;
  /** Digits after the point, at least. */
  readonly minDigits?: number;
  /** Writes a plus before what is not negative. */
  readonly plus?: boolean;
}

/** The parts around the point, such as `-12` and `5`; the fraction has no trailing zeros beyond `minDigits`. */
export interface FloatParts {
  readonly whole: string;
  readonly fraction: string;
  /** Such as `e+05`; empty in positional notation. */
  readonly exponent: string;
}

/** `123.25`. `value` is finite. */
export function positional(value: number, dtype: FloatName, style: FloatStyle): FloatParts {
  const { digits, exponent } = digitsOf(value, dtype, "fraction", style.precision, style.minDigits);
  const padded = exponent < 0 ? "0".repeat(-exponent) + digits : digits.padEnd(exponent + 1, "0");
  const point = Math.max(exponent, 0) + 1;
  return {
    whole: sign(value, style) + padded.slice(0, point),
    fraction: atLeast(padded.slice(point), style.minDigits),
    exponent: "",
  };
}

/** `1.2325e+02`, with at least `exponentDigits` digits in the exponent. `value` is finite. */
export function scientific(
  value: number,
  dtype: FloatName,
  style: FloatStyle,
  exponentDigits = 2,
): FloatParts {
  const total = (count: number | undefined) => (count === undefined ? undefined : count + 1);
  const { digits, exponent } = digitsOf(
    value,
    dtype,
    "total",
    total(style.precision),
    total(style.minDigits),
  );
  const size = String(Math.abs(exponent)).padStart(exponentDigits, "0");
  return {
    whole: sign(value, style) + digits.slice(0, 1),
    fraction: atLeast(digits.slice(1), style.minDigits),
    exponent: `e${exponent < 0 ? "-" : "+"}${size}`,
  };
}

/** numpy turns to scientific notation where a scalar's digits no longer fit the dtype (numpy 2.3 and later). */
const SCALAR_CUTOFF: Readonly<Record<FloatName, number>> = { float16: 1e3, float32: 1e6, float64: 1e16 };

/** A scalar: what `str(numpy.float32(value))` gives, such as `0.5`, `1e-05`, `nan`. */
export function floatScalar(value: number, dtype: FloatName): string {
  if (!Number.isFinite(value)) return nonFinite(value);
  const size = Math.abs(value);
  if (size === 0 || (size < SCALAR_CUTOFF[dtype] && size >= 1e-4)) {
    const { whole, fraction } = positional(value, dtype, {});
    return `${whole}.${fraction || "0"}`;
  }
  const { whole, fraction, exponent } = scientific(value, dtype, {});
  return fraction === "" ? whole + exponent : `${whole}.${fraction}${exponent}`;
}

/** `nan`, `inf` or `-inf`. */
export function nonFinite(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return value < 0 ? "-inf" : "inf";
}

function digitsOf(
  value: number,
  dtype: FloatName,
  counted: "total" | "fraction",
  atMost: number | undefined,
  minimum: number | undefined,
): Digits {
  if (value === 0) return { digits: "0", exponent: 0 };
  return shortestDigits(Math.abs(value), BINARY_FORMATS[dtype], {
    counted,
    ...(atMost === undefined ? {} : { atMost }),
    ...(minimum === undefined ? {} : { atLeast: minimum }),
  });
}

function sign(value: number, style: FloatStyle): string {
  if (value < 0 || Object.is(value, -0)) return "-";
  return style.plus ? "+" : "";
}

function atLeast(fraction: string, minDigits = 0): string {
  return fraction.replace(/0+$/, "").padEnd(minDigits, "0");
}
