// The fast way through a list of numbers: digits to typed memory, for as long as nothing unusual comes.
// It stops before anything it does not know (NaN, a wrong literal, the end of the chunk); json-parser.ts goes on there.
// Exactness: up to 2^53 the digits are an exact double and 10^22 is the largest exact power of ten, so one division or
// multiplication rounds correctly (Clinger, "How to read floating point numbers accurately"). Beyond that a float32 is
// stored only if the error of the estimate cannot change it; everything else goes through the engine's Number().
import type { NumberColumn } from "./number-column.ts";

/** Where the scanner stopped. */
export const STOPPED_BEFORE_VALUE = 0;
export const STOPPED_AFTER_VALUE = 1;

export interface Scan {
  position: number;
  /** Values stored. */
  stored: number;
  /** Which of the two the parser has to go on with at `position`. */
  stopped: typeof STOPPED_BEFORE_VALUE | typeof STOPPED_AFTER_VALUE;
}

const EXACT_MANTISSA = 2 ** 53;
/** The largest power of ten that a double holds exactly. */
const EXACT_POWER = 22;
/** As many digits always fit an int32. */
const PART_DIGITS = 9;
/** Numbers of more bytes are left to the general reader; Python's longest double has 24. */
const LONGEST_BYTES = 48;
const MAX_POWER = 308;
const POWERS = Float64Array.from({ length: MAX_POWER + 1 }, (_, power) => Number(`1e${power}`));
/** Bounds the error of the estimate: four roundings of 2^-53 each, with room. */
const ERROR_BELOW = 1 - 2 ** -50;
const ERROR_ABOVE = 1 + 2 ** -50;

/** The literals a column's dtype takes. */
type Range = readonly [least: number, most: number];
const INTEGER_RANGES: Readonly<Record<string, Range>> = {
  int8: [-(2 ** 31), 2 ** 31 - 1],
  int16: [-(2 ** 31), 2 ** 31 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 53), 2 ** 53],
  uint64: [0, 2 ** 53],
};

/**
 * Stores the numbers from `position` into `column`, with the commas and blanks between them.
 * Call it where a value may stand. `scan` receives where and why it stopped.
 */
export function scanNumbers(
  bytes: Uint8Array,
  position: number,
  column: NumberColumn,
  bodyBytesLeft: number,
  scan: Scan,
): void {
  if (column.dtype === "float32" || column.dtype === "float64") {
    scanDecimals(bytes, position, column, bodyBytesLeft, scan);
  } else {
    scanIntegers(bytes, position, column, bodyBytesLeft, scan);
  }
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one loop whose state stays in registers; in parts it is slower
function scanDecimals(
  bytes: Uint8Array,
  position: number,
  column: NumberColumn,
  bodyBytesLeft: number,
  scan: Scan,
): void {
  // A number that begins before this ends within the chunk, or is longer than any that is read here.
  const lastStart = bytes.length - LONGEST_BYTES;
  const single = column.dtype === "float32";
  let { array, length } = column;
  let stored = 0;
  let at = position;
  let start = at;
  scan.stopped = STOPPED_BEFORE_VALUE;
  for (;;) {
    start = at;
    if (at >= lastStart) break;
    let byte = bytes[at] as number;
    while (isBlank(byte) && at < lastStart) byte = bytes[++at] as number;
    start = at;
    if (at >= lastStart) break;
    const negative = byte === 0x2d;
    if (negative) byte = bytes[++at] as number;

    // The first nine digits as one integer, the next nine as another: integers are quicker to add to than doubles.
    let high = 0;
    let room = PART_DIGITS;
    if (byte === 0x30) {
      byte = bytes[++at] as number;
      if (byte >= 0x30 && byte <= 0x39) break;
    } else {
      if (byte < 0x31 || byte > 0x39) break;
      do {
        high = (high * 10 + (byte - 0x30)) | 0;
        byte = bytes[++at] as number;
        room--;
      } while (byte >= 0x30 && byte <= 0x39 && room > 0);
      if (byte >= 0x30 && byte <= 0x39) break;
    }
    let low = 0;
    let lowDigits = 0;
    let exponent = 0;
    let decimal = false;
    if (byte === 0x2e) {
      decimal = true;
      const point = at;
      byte = bytes[++at] as number;
      if (high === 0) while (byte === 0x30 && at - start < LONGEST_BYTES) byte = bytes[++at] as number;
      while (byte >= 0x30 && byte <= 0x39 && room > 0) {
        high = (high * 10 + (byte - 0x30)) | 0;
        byte = bytes[++at] as number;
        room--;
      }
      while (byte >= 0x30 && byte <= 0x39 && lowDigits < PART_DIGITS) {
        low = (low * 10 + (byte - 0x30)) | 0;
        byte = bytes[++at] as number;
        lowDigits++;
      }
      exponent = point + 1 - at;
      // Eighteen digits are known; what follows is less than the error that is allowed for.
      while (byte >= 0x30 && byte <= 0x39 && at - start < LONGEST_BYTES) byte = bytes[++at] as number;
      if (at === point + 1) break;
    }
    if (byte === 0x65 || byte === 0x45) {
      decimal = true;
      byte = bytes[++at] as number;
      const minus = byte === 0x2d;
      if (minus || byte === 0x2b) byte = bytes[++at] as number;
      const first = at;
      let power = 0;
      while (byte >= 0x30 && byte <= 0x39 && at - first < 3) {
        power = power * 10 + (byte - 0x30);
        byte = bytes[++at] as number;
      }
      if (at === first) break;
      exponent += minus ? -power : power;
    }
    // What does not end here is longer or stranger than what this loop knows.
    if (byte !== 0x2c && byte !== 0x5d && !isBlank(byte)) break;

    const mantissa = lowDigits === 0 ? high : high * (POWERS[lowDigits] as number) + low;
    let value: number;
    if (exponent < -MAX_POWER || exponent > EXACT_POWER) {
      break;
    }
    const estimate =
      exponent < 0 ? mantissa / (POWERS[-exponent] as number) : mantissa * (POWERS[exponent] as number);
    if (mantissa <= EXACT_MANTISSA && exponent >= -EXACT_POWER) {
      value = estimate;
    } else if (single) {
      value = Math.fround(estimate);
      if (Math.fround(estimate * ERROR_BELOW) !== value || Math.fround(estimate * ERROR_ABOVE) !== value) {
        value = Math.abs(numberFromText(bytes, start, at));
      }
    } else {
      value = Math.abs(numberFromText(bytes, start, at));
    }
    if (length === array.length) {
      column.length = length;
      column.makeRoom(bodyBytesLeft - at);
      ({ array, length } = column);
    }
    // The integer -0 is 0; only -0.0 keeps its sign.
    array[length++] = negative ? (decimal ? -value : 0 - value) : value;
    stored++;

    while (isBlank(byte) && at < bytes.length) byte = bytes[++at] as number;
    if (byte !== 0x2c) {
      scan.stopped = STOPPED_AFTER_VALUE;
      start = at;
      break;
    }
    at++;
  }
  column.length = length;
  scan.position = start;
  scan.stored = stored;
}

function scanIntegers(
  bytes: Uint8Array,
  position: number,
  column: NumberColumn,
  bodyBytesLeft: number,
  scan: Scan,
): void {
  const end = bytes.length;
  const range = INTEGER_RANGES[column.dtype];
  let stored = 0;
  let at = position;
  scan.stopped = STOPPED_BEFORE_VALUE;
  while (range) {
    while (at < end && isBlank(bytes[at] as number)) at++;
    const start = at;
    let byte = at < end ? (bytes[at] as number) : 0;
    const negative = byte === 0x2d;
    if (negative) byte = ++at < end ? (bytes[at] as number) : 0;
    const firstDigit = at;
    let value = 0;
    while (byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + (byte - 0x30);
      byte = ++at < end ? (bytes[at] as number) : 0;
    }
    const digits = at - firstDigit;
    const proper = digits > 0 && (digits === 1 || bytes[firstDigit] !== 0x30);
    if (negative) value = 0 - value;
    const whole = byte !== 0x2e && byte !== 0x65 && byte !== 0x45;
    // Near 2^53 a sum of digits may have been rounded, so the bound itself is left to the general reader.
    if (!proper || !whole || at >= end || digits > 15 || value < range[0] || value > range[1]) {
      at = start;
      break;
    }
    if (column.dtype === "int64" || column.dtype === "uint64") {
      column.pushWords(value >>> 0, Math.floor(value / 2 ** 32) >>> 0, bodyBytesLeft - at);
    } else {
      column.push(value, bodyBytesLeft - at);
    }
    stored++;
    while (isBlank(byte) && ++at < end) byte = bytes[at] as number;
    if (at >= end || byte !== 0x2c) {
      scan.stopped = STOPPED_AFTER_VALUE;
      break;
    }
    at++;
  }
  scan.position = at;
  scan.stored = stored;
}

/** The correctly rounded double of a JSON number's text. */
export function numberFromText(bytes: Uint8Array, start: number, end: number): number {
  return Number(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
