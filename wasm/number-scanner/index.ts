// Reads lists of plain numbers out of JSON text, for src/server/json/scan-numbers.ts, which says what is asked of it.
// `npm run generate` compiles it (compile.mjs); the grammar and what becomes of other text are the parser's.
import { scanDecimals } from "./decimals";
import { scanIntegers } from "./integers";
import { endText, goOnBehindText } from "./memory";

export {
  COUNTS,
  DEPTH,
  INPUT,
  INPUT_BYTES,
  MOST_SCANNED,
  OUTER,
  OUTPUT,
  RANK,
  SIZES,
  STOPPED,
  STORED,
} from "./memory";

/** Reads the text from `start` to `end`. Returns where it stopped, like the others. */
export function scanFloat32(start: usize, end: usize): usize {
  endText(end);
  const at = scanDecimals<f32>(start);
  goOnBehindText(end);
  return at;
}

export function scanFloat64(start: usize, end: usize): usize {
  endText(end);
  const at = scanDecimals<f64>(start);
  goOnBehindText(end);
  return at;
}

/** For elements of 8 bits; like those below it takes the literals from `least` to `most`, and wraps. */
export function scanInt8(start: usize, end: usize, least: f64, most: f64): usize {
  return scanIntegersTo<i8>(start, end, least, most);
}

export function scanInt16(start: usize, end: usize, least: f64, most: f64): usize {
  return scanIntegersTo<i16>(start, end, least, most);
}

export function scanInt32(start: usize, end: usize, least: f64, most: f64): usize {
  return scanIntegersTo<i32>(start, end, least, most);
}

export function scanInt64(start: usize, end: usize, least: f64, most: f64): usize {
  return scanIntegersTo<i64>(start, end, least, most);
}

function scanIntegersTo<T>(start: usize, end: usize, least: f64, most: f64): usize {
  endText(end);
  const at = scanIntegers<T>(start, <i64>least, <i64>most);
  goOnBehindText(end);
  return at;
}
