// Reads lists of plain numbers out of JSON text, for src/server/json/scan-numbers.ts, which says what is asked of it.
// `npm run generate` compiles it (compile.mjs); the grammar and what becomes of other text are the parser's.
import { scanDecimals } from "./decimals";
import { scanIntegers } from "./integers";

export { COUNTS, DEPTH, INPUT, OUTER, OUTPUT, RANK, SIZES, STOPPED, STORED } from "./memory";

export function scanFloat32(start: usize): usize {
  return scanDecimals<f32>(start);
}

export function scanFloat64(start: usize): usize {
  return scanDecimals<f64>(start);
}

/** For elements of 8 bits; like the others it takes the literals from `least` to `most`, and wraps. */
export function scanInt8(start: usize, least: f64, most: f64): usize {
  return scanIntegers<i8>(start, <i64>least, <i64>most);
}

export function scanInt16(start: usize, least: f64, most: f64): usize {
  return scanIntegers<i16>(start, <i64>least, <i64>most);
}

export function scanInt32(start: usize, least: f64, most: f64): usize {
  return scanIntegers<i32>(start, <i64>least, <i64>most);
}

export function scanInt64(start: usize, least: f64, most: f64): usize {
  return scanIntegers<i64>(start, <i64>least, <i64>most);
}
