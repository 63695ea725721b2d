// Digits to integers, sixteen at a time. They are loaded by their end, so that the last is always in the last byte, and
// whatever stands before them is masked; or by their beginning, where a fraction's value is wanted.

/** From byte 16 - n on, sixteen bytes keep the last n, and all sixteen if n is more, up to 20. */
const LAST_DIGITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
  15, 15, 15, 15, 15,
]);
/** Likewise for the four before these. */
const LEADING_DIGITS: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 15, 15, 15,
]);

/** From byte 28 - n on, sixteen bytes keep the first n, and all sixteen if n is more, up to 28. */
const FIRST_DIGITS: usize = memory.data<u8>([
  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
  15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/** Which of the 32 bytes from `at` on are no digits, the first as the lowest bit. */
export function otherMask(at: usize): u32 {
  return otherMask16(at) | (otherMask16(at + 16) << 16);
}

/** Likewise of 48 bytes; the bits above are zero. */
export function otherMask48(at: usize): u64 {
  return <u64>otherMask16(at) | ((<u64>otherMask16(at + 16)) << 16) | ((<u64>otherMask16(at + 32)) << 32);
}

/** Likewise of 16 bytes; the bits above are zero. */
export function otherMask16(at: usize): u32 {
  // Adding 127 - '9' makes the digits the ten largest signed bytes.
  const raised = i8x16.add(v128.load(at), i8x16.splat(127 - 0x39));
  return i8x16.bitmask(i8x16.lt_s(raised, i8x16.splat(127 - 9)));
}

/** The last `count` digits before `end`, at most the last sixteen. */
export function lastDigits(end: usize, count: usize): u64 {
  return sixteenDigits(v128.and(v128.load(end - 16), v128.load(LAST_DIGITS + count)));
}

/** The first sixteen of `count` digits from `start` on, at most 28, as if zeros followed the last. */
export function firstDigits(start: usize, count: usize): u64 {
  return sixteenDigits(v128.and(v128.load(start), v128.load(FIRST_DIGITS + 28 - count)));
}

/** A number whose digits are the bytes. */
function sixteenDigits(digits: v128): u64 {
  // A lane holds a + 256b; times 1 + 2560 its upper byte is 10a + b.
  const pairs = i16x8.shr_u(i16x8.mul(digits, i16x8.splat(2561)), 8);
  const fours = i32x4.dot_i16x8_s(pairs, i32x4.splat((1 << 16) | 100));
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), i32x4.splat((1 << 16) | 10000));
  const both = i64x2.extract_lane(eights, 0);
  return (both & 0xffffffff) * 100000000 + (both >>> 32);
}

/** What `count` digits before `end`, at most twenty, have before the last sixteen. */
export function leadingDigits(end: usize, count: usize): u64 {
  const digits = load<u32>(end - 20) & load<u32>(LEADING_DIGITS + count);
  const pairs = ((digits * 2561) >>> 8) & 0x00ff00ff;
  return (pairs * ((100 << 16) | 1)) >>> 16;
}
