// The decimal digits of a binary float: the fewest that identify it, cut or extended to a wished number.
// Source: Steele and White, "How to print floating-point numbers accurately" (Dragon4), on exact integers.
// Invariant: digits are those that numpy prints for the same value, dtype and limits, ties included.
// Not here: where the point and the padding go (format-float.ts).

/** The binary formats that numpy has a scalar type for. */
export interface BinaryFormat {
  /** Mantissa bits without the hidden one. */
  readonly mantissaBits: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
}

export const BINARY_FORMATS = {
  float16: { mantissaBits: 10, minExponent: -14 },
  float32: { mantissaBits: 23, minExponent: -126 },
  float64: { mantissaBits: 52, minExponent: -1022 },
} as const satisfies Record<string, BinaryFormat>;

export type FloatName = keyof typeof BINARY_FORMATS;

/** How many digits are wanted, counted from the first digit (`total`) or from the decimal point (`fraction`). */
export interface DigitLimits {
  readonly counted: "total" | "fraction";
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** `digits[0].digits[1]digits[2]... x 10^exponent`. */
export interface Digits {
  readonly digits: string;
  readonly exponent: number;
}

/** The value as integers: remainder / scale, with half the gaps to the neighbouring floats in the same scale. */
interface Scaled {
  remainder: bigint;
  marginLow: bigint;
  marginHigh: bigint;
  readonly scale: bigint;
  /** Even mantissas own the ends of their rounding interval. */
  readonly isEven: boolean;
}

/** Digits of a positive finite `value` that is exact in `format`. */
export function shortestDigits(value: number, format: BinaryFormat, limits: DigitLimits): Digits {
  const { scaled, exponent } = normalize(value, format);
  const last = lastExponent(exponent, limits.counted, limits.atMost, -Infinity);
  const earliest = lastExponent(exponent, limits.counted, limits.atLeast, exponent);
  const digits: number[] = [];
  for (let at = exponent; ; at--) {
    const digit = nextDigit(scaled);
    digits.push(digit);
    const low =
      scaled.remainder < scaled.marginLow || (scaled.isEven && scaled.remainder === scaled.marginLow);
    const above = scaled.remainder + scaled.marginHigh;
    const high = above > scaled.scale || (scaled.isEven && above === scaled.scale);
    if (((low || high) && at <= earliest) || at === last) {
      const roundsUp = low === high ? isPastHalf(scaled, digit) : high;
      return roundsUp ? incremented(digits, exponent) : { digits: digits.join(""), exponent };
    }
  }
}

/** The exponent of the last digit that `count` allows. */
function lastExponent(
  exponent: number,
  counted: "total" | "fraction",
  count: number | undefined,
  otherwise: number,
): number {
  if (count === undefined) return otherwise;
  return counted === "total" ? exponent - count + 1 : -count;
}

function normalize(value: number, format: BinaryFormat): { scaled: Scaled; exponent: number } {
  const { mantissa, power } = decompose(value, format);
  const isSmallestOfBinade =
    mantissa === 1n << BigInt(format.mantissaBits) && power > format.minExponent - format.mantissaBits;
  // Everything is in quarters of the last binary place, so that all margins are integers.
  const up = 1n << BigInt(Math.max(power, 0));
  let scale = 4n << BigInt(Math.max(-power, 0));
  let remainder = 4n * mantissa * up;
  let marginHigh = 2n * up;
  let marginLow = isSmallestOfBinade ? up : marginHigh;
  let exponent = Math.floor(Math.log10(value));
  if (exponent > 0) scale *= 10n ** BigInt(exponent);
  else {
    const factor = 10n ** BigInt(-exponent);
    remainder *= factor;
    marginHigh *= factor;
    marginLow *= factor;
  }
  // The logarithm may be off by one beside a power of ten.
  if (remainder >= 10n * scale) {
    exponent++;
    scale *= 10n;
  } else if (remainder < scale) {
    exponent--;
    remainder *= 10n;
    marginHigh *= 10n;
    marginLow *= 10n;
  }
  // nextDigit multiplies first.
  return {
    scaled: { remainder, marginLow, marginHigh, scale: scale * 10n, isEven: mantissa % 2n === 0n },
    exponent,
  };
}

/** value = mantissa * 2^power, as the format stores it. */
function decompose(value: number, format: BinaryFormat): { mantissa: bigint; power: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = field === 0 ? fraction : fraction | (1n << 52n);
  const power = Math.max(field, 1) - 1075;
  const exponent = Math.max(field - 1023, format.minExponent);
  const wantedPower = exponent - format.mantissaBits;
  const shift = BigInt(wantedPower - power);
  return { mantissa: shift >= 0n ? mantissa >> shift : mantissa << -shift, power: wantedPower };
}

function nextDigit(scaled: Scaled): number {
  scaled.remainder *= 10n;
  scaled.marginLow *= 10n;
  scaled.marginHigh *= 10n;
  const digit = scaled.remainder / scaled.scale;
  scaled.remainder -= digit * scaled.scale;
  return Number(digit);
}

function isPastHalf(scaled: Scaled, digit: number): boolean {
  const twice = scaled.remainder * 2n;
  return twice === scaled.scale ? digit % 2 === 1 : twice > scaled.scale;
}

function incremented(digits: number[], exponent: number): Digits {
  let at = digits.length - 1;
  while (at >= 0 && digits[at] === 9) at--;
  if (at < 0) return { digits: "1", exponent: exponent + 1 };
  const kept = digits.slice(0, at + 1);
  kept[at] = (kept[at] ?? 0) + 1; // the index is inside
  return { digits: kept.join(""), exponent };
}
