// Floating-point numbers as TensorFlow Serving prints them: `%g` with 6 digits where that reads back as the same number,
// else with 9 (float32) or 17 (float64); ".0" behind whole numbers; NaN and Infinity bare.
// Rounding is exact, ties to even, as printf has it. The fast ways multiply by an exact power of ten and give up where
// a rounding error of the product could matter.
// Source: absl::StrCat and WriteDecimal in https://github.com/tensorflow/serving (util/json_tensor.cc).

/** Room that one number may take: sign, 17 digits, point, `e-308`. */
export const MAX_NUMBER_BYTES = 32;

/** The largest power of ten that a double holds exactly. */
const EXACT_POWER = 22;
const POWERS = Float64Array.from({ length: EXACT_POWER + 1 }, (_, power) => Number(`1e${power}`));
const SMALL_POWERS = Float64Array.from({ length: EXACT_POWER + 1 }, (_, power) => Number(`1e-${power}`));
/** Between these the powers of ten that the fast ways need are exact: 9 digits from 10^-14 want 10^22. */
const FAST_LEAST = 1e-14;
const FAST_BELOW = 1e9;
/** A product below 10^9 has at least 23 bits behind the point; its error is below 2^-23. */
const TOO_NEAR = 2 ** -21;
const SHORT_DIGITS = 6;
const FLOAT32_DIGITS = 9;
const FLOAT64_DIGITS = 17;

/** Writes a float32 at `at`; returns where its text ends. `value` must be one. */
export function writeFloat32(out: Uint8Array, at: number, value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return writeText(out, at, Object.is(value, -0) ? "-0.0" : "0.0");
  if (magnitude >= FAST_LEAST && magnitude < FAST_BELOW) {
    const start = value < 0 ? writeMinus(out, at) : at;
    const exponent = decimalExponent(magnitude);
    const short = roundedDigits(magnitude, exponent, SHORT_DIGITS);
    if (short >= 0 && Math.fround(scaled(short, exponent - SHORT_DIGITS + 1)) === magnitude) {
      return writeDigits(out, start, short, exponent, SHORT_DIGITS);
    }
    const long = roundedDigits(magnitude, exponent, FLOAT32_DIGITS);
    if (short >= 0 && long >= 0) return writeDigits(out, start, long, exponent, FLOAT32_DIGITS);
  }
  return writeText(out, at, formatSlowly(value, FLOAT32_DIGITS, Math.fround));
}

/** Writes a float64 at `at`; returns where its text ends. */
export function writeFloat64(out: Uint8Array, at: number, value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude >= FAST_LEAST && magnitude < FAST_BELOW) {
    const exponent = decimalExponent(magnitude);
    const short = roundedDigits(magnitude, exponent, SHORT_DIGITS);
    if (short >= 0 && scaled(short, exponent - SHORT_DIGITS + 1) === magnitude) {
      const start = value < 0 ? writeMinus(out, at) : at;
      return writeDigits(out, start, short, exponent, SHORT_DIGITS);
    }
  }
  return writeText(
    out,
    at,
    formatSlowly(value, FLOAT64_DIGITS, (same) => same),
  );
}

/** floor(log10(magnitude)) for FAST_LEAST <= magnitude < FAST_BELOW. */
function decimalExponent(magnitude: number): number {
  let exponent = 0;
  if (magnitude >= 1) {
    while (exponent < EXACT_POWER && magnitude >= (POWERS[exponent + 1] as number)) exponent++;
    return exponent;
  }
  // The doubles 0.1, 0.01, ... are the nearest to those decimals, so comparing with them is comparing decimals
  // for every value but themselves, and they count as reaching the power.
  exponent = -1;
  while (magnitude < (SMALL_POWERS[-exponent] as number)) exponent--;
  return exponent;
}

/** The number's first `digits` digits as an integer, correctly rounded, or -1 where that is not certain. */
function roundedDigits(magnitude: number, exponent: number, digits: number): number {
  const shift = digits - 1 - exponent;
  const product = shift >= 0 ? magnitude * (POWERS[shift] as number) : magnitude / (POWERS[-shift] as number);
  // At most 10^9, so that an int32 takes it.
  const rounded = (product + 0.5) | 0;
  const fraction = Math.abs(product - rounded);
  if (Math.abs(fraction - 0.5) < TOO_NEAR) return -1;
  const limit = POWERS[digits] as number;
  return rounded >= limit || rounded < limit / 10 ? -1 : rounded;
}

/** digits * 10^power, correctly rounded: both factors are exact. */
function scaled(digits: number, power: number): number {
  return power < 0 ? digits / (POWERS[-power] as number) : digits * (POWERS[power] as number);
}

const DIGITS = new Uint8Array(FLOAT64_DIGITS);

/** `%g` of an integer of `count` digits that stands for digits * 10^(exponent - count + 1). */
function writeDigits(
  out: Uint8Array,
  start: number,
  digits: number,
  exponent: number,
  count: number,
): number {
  // At most nine digits: as an int32 they are divided in a few cycles.
  let rest = digits | 0;
  for (let place = count - 1; place >= 0; place--) {
    const next = (rest / 10) | 0;
    DIGITS[place] = 0x30 + (rest - next * 10);
    rest = next;
  }
  let used = count;
  while (used > 1 && DIGITS[used - 1] === 0x30) used--;
  let at = start;
  if (exponent >= count || exponent < -4) {
    out[at++] = DIGITS[0] as number;
    if (used > 1) {
      out[at++] = 0x2e;
      for (let place = 1; place < used; place++) out[at++] = DIGITS[place] as number;
    }
    const power = Math.abs(exponent);
    out[at++] = 0x65; // e+NN or e-NN
    out[at++] = exponent < 0 ? 0x2d : 0x2b;
    out[at++] = 0x30 + Math.floor(power / 10);
    out[at++] = 0x30 + (power % 10);
    return at;
  }
  if (exponent < 0) {
    out[at++] = 0x30;
    out[at++] = 0x2e;
    for (let zero = -1; zero > exponent; zero--) out[at++] = 0x30;
    for (let place = 0; place < used; place++) out[at++] = DIGITS[place] as number;
    return at;
  }
  for (let place = 0; place <= exponent; place++) out[at++] = DIGITS[place] as number;
  out[at++] = 0x2e;
  if (used <= exponent + 1) out[at++] = 0x30;
  for (let place = exponent + 1; place < used; place++) out[at++] = DIGITS[place] as number;
  return at;
}

/** Any number, exactly, at the price of text in between. */
function formatSlowly(value: number, longDigits: number, round: (value: number) => number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  const short = formatGeneral(value, SHORT_DIGITS);
  const text = round(Number(short)) === value ? short : formatGeneral(value, longDigits);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** printf's `%.{digits}g`. */
export function formatGeneral(value: number, digits: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const sign = value < 0 ? "-" : "";
  const [mantissa, exponent] = roundToEven(Math.abs(value), digits);
  const figures = mantissa.replace(/0+$/, "");
  if (exponent < -4 || exponent >= digits) {
    const power = String(Math.abs(exponent)).padStart(2, "0");
    const fraction = figures.length > 1 ? `.${figures.slice(1)}` : "";
    return `${sign}${figures[0]}${fraction}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${figures}`;
  const whole = figures.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = figures.slice(exponent + 1);
  return `${sign}${whole}${fraction && `.${fraction}`}`;
}

/** The first `digits` digits of a positive number, and the power of ten of the first. */
function roundToEven(magnitude: number, digits: number): [string, number] {
  // toExponential rounds exactly, but ties away from zero. A tie's digits end in a 5 right behind the last.
  const [rounded, exponent] = split(magnitude.toExponential(digits - 1));
  const [exact, exactExponent] = split(magnitude.toExponential(MOST_DIGITS));
  const tie = exact[digits] === "5" && /^0*$/.test(exact.slice(digits + 1));
  const even = Number(exact[digits - 1]) % 2 === 0;
  return tie && even ? [exact.slice(0, digits), exactExponent] : [rounded, exponent];
}

/** toExponential's limit. A tie between 17 digits has at most 18 of them and then zeros. */
const MOST_DIGITS = 100;

function split(exponential: string): [string, number] {
  const [mantissa = "", exponent = "0"] = exponential.split("e");
  return [mantissa.replace(".", ""), Number(exponent)];
}

function writeMinus(out: Uint8Array, at: number): number {
  out[at] = 0x2d;
  return at + 1;
}

/** Writes ASCII. */
export function writeText(out: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) out[at + index] = text.charCodeAt(index);
  return at + text.length;
}

/** Writes an integer below 2^53. */
export function writeInteger(out: Uint8Array, at: number, value: number): number {
  let next = at;
  let rest = value;
  if (rest < 0) {
    out[next++] = 0x2d;
    rest = -rest;
  }
  let digits = 1;
  for (let limit = 10; rest >= limit; limit *= 10) digits++;
  let place = next + digits;
  for (; rest >= 2 ** 31; rest = Math.floor(rest / 10)) out[--place] = 0x30 + (rest % 10);
  let small = rest | 0;
  while (place > next) {
    const quotient = (small / 10) | 0;
    out[--place] = 0x30 + (small - quotient * 10);
    small = quotient;
  }
  return next + digits;
}
