// The common layout of an array's floats: notation, precision and widths, so that columns align.
// Source: numpy's FloatingFormat with its default print options (precision 8, floatmode "maxprec").
import { type FloatStyle, nonFinite, positional, scientific } from "./format-float.ts";
import { BINARY_FORMATS, type FloatName } from "./shortest-digits.ts";

const PRECISION = 8;
/** Digits that the dtype keeps for sure; from 10 to that power on numpy (2.3 and later) writes exponents. */
const DECIMAL_DIGITS: Readonly<Record<FloatName, number>> = { float16: 3, float32: 6, float64: 15 };
const SMALLEST_POSITIONAL = 1e-4;
const LARGEST_RATIO = 1000;

/** Makes the formatter for an array with these elements; every text it gives has the same width. */
export function floatLayout(values: readonly number[], dtype: FloatName): (value: number) => string {
  const finite = values.filter(Number.isFinite);
  const layout = needsExponent(finite, dtype) ? exponentLayout(finite, dtype) : pointLayout(finite, dtype);
  const others = values.filter((value) => !Number.isFinite(value)).map((value) => nonFinite(value).length);
  const width = Math.max(layout.width, ...others);
  return (value) => (Number.isFinite(value) ? layout.text(value) : nonFinite(value)).padStart(width);
}

interface Layout {
  readonly width: number;
  text(value: number): string;
}

/** Compares in the dtype's own precision, as numpy does. */
function needsExponent(finite: readonly number[], dtype: FloatName): boolean {
  const round = ROUND[dtype];
  let largest = 0;
  let smallest = Infinity;
  for (const value of finite) {
    if (value === 0) continue;
    largest = Math.max(largest, Math.abs(value));
    smallest = Math.min(smallest, Math.abs(value));
  }
  if (largest === 0) return false;
  return (
    largest >= 10 ** Math.min(8, DECIMAL_DIGITS[dtype]) ||
    smallest < round(SMALLEST_POSITIONAL) ||
    round(largest / smallest) > LARGEST_RATIO
  );
}

const ROUND: Readonly<Record<FloatName, (value: number) => number>> = {
  float16: roundToHalf,
  float32: Math.fround,
  float64: (value) => value,
};

function roundToHalf(value: number): number {
  const { mantissaBits, minExponent } = BINARY_FORMATS.float16;
  const exponent = Math.max(Math.floor(Math.log2(value)), minExponent);
  const unit = 2 ** (exponent - mantissaBits);
  const rounded = Math.round(value / unit) * unit;
  return rounded > 65504 ? Infinity : rounded;
}

function exponentLayout(finite: readonly number[], dtype: FloatName): Layout {
  const parts = finite.map((value) => scientific(value, dtype, { precision: PRECISION }));
  const digits = longest(parts.map((part) => part.fraction));
  const exponentDigits = longest(parts.map((part) => part.exponent)) - 2;
  const left = longest(parts.map((part) => part.whole));
  const style: FloatStyle = { precision: digits, minDigits: digits };
  return {
    width: left + 1 + digits + exponentDigits + 2,
    text(value) {
      const { whole, fraction, exponent } = scientific(value, dtype, style, exponentDigits);
      return `${whole.padStart(left)}.${fraction}${exponent}`;
    },
  };
}

function pointLayout(finite: readonly number[], dtype: FloatName): Layout {
  if (finite.length === 0) return { width: 1, text: String };
  const parts = finite.map((value) => positional(value, dtype, { precision: PRECISION }));
  const left = longest(parts.map((part) => part.whole));
  const right = longest(parts.map((part) => part.fraction));
  return {
    width: left + 1 + right,
    text(value) {
      const { whole, fraction } = positional(value, dtype, { precision: PRECISION });
      return `${whole.padStart(left)}.${fraction.padEnd(right)}`;
    },
  };
}

function longest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0);
}
