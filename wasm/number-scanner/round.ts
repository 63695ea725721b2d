// digits * 10^power as the nearest float, or NaN where that is not certain, which costs the parser a closer look.
// Source: Clinger, "How to read floating point numbers accurately" (1990), and Lemire, "Number parsing at a gigabyte per
// second" (2021), with 64 bits of the power in place of 128: of 500 products one is then uncertain.
import { BINARY_POWERS, MOST_POWER, POWERS } from "./powers";

const EXACT_DIGITS: u64 = 1 << 53;
/** The largest power of ten that a double holds exactly. */
const EXACT_POWER: i32 = 22;
/** Bounds the error of an estimate: four roundings of 2^-53 each, with room. */
const BELOW: f64 = 1 - 8.881784197001252e-16;
const ABOVE: f64 = 1 + 8.881784197001252e-16;

/** At most 2^-52 away from it, relatively. `digits` is below 2^63, `power` within the tables. */
function estimate(digits: u64, power: i32): f64 {
  const value = <f64>(<i64>digits);
  return power <= 0
    ? value / load<f64>(POWERS + ((<usize>-power) << 3))
    : value * load<f64>(POWERS + ((<usize>power) << 3));
}

export function toFloat32(digits: u64, power: i32): f32 {
  const near = estimate(digits, power);
  const value = <f32>(near * BELOW);
  return value === <f32>(near * ABOVE) ? value : <f32>NaN;
}

export function toFloat64(digits: u64, power: i32): f64 {
  if (digits <= EXACT_DIGITS && power >= -EXACT_POWER && power <= EXACT_POWER) return estimate(digits, power);
  return toFloat64Closely(digits, power);
}

/** digits * 10^power = product * 2^(exponent - 63), where `product` are 64 bits that are at most one too small. */
function toFloat64Closely(digits: u64, power: i32): f64 {
  if (digits === 0) return 0;
  const zeros = clz(digits);
  let product = upperProduct(
    digits << zeros,
    load<u64>(BINARY_POWERS + ((<usize>(power + MOST_POWER)) << 3)),
  );
  // floor(power * log2(10)), for powers of that size.
  let exponent = ((power * 217706) >> 16) + 64 - <i32>zeros;
  // The first bit of a product is its first or its second.
  const shift = <u64>(product >>> 63) ^ 1;
  product <<= shift;
  exponent -= <i32>shift;
  // The bits behind the 53 that are kept; with an error of less than 4 they must not come near the half.
  const rest = product & 0x7ff;
  if (rest > 0x3fb && rest < 0x405) return NaN;
  // The carry out of the 53 bits goes into the exponent, as it should.
  const rounded = (product >>> 11) + <u64>(rest >= 0x400);
  const bits = ((<u64>(exponent + 1022)) << 52) + rounded;
  return reinterpret<f64>(bits);
}

/** The upper 64 bits of a product of two. */
function upperProduct(a: u64, b: u64): u64 {
  const low = (a & 0xffffffff) * (b & 0xffffffff);
  const middle = (a >>> 32) * (b & 0xffffffff) + (low >>> 32);
  const other = (a & 0xffffffff) * (b >>> 32) + (middle & 0xffffffff);
  return (a >>> 32) * (b >>> 32) + (middle >>> 32) + (other >>> 32);
}
