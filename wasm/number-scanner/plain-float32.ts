// Decimals as an image's are written, to float32: one digit, a point, up to 28 digits, and a comma with a blank behind.
// Sixteen digits behind the point are read. What they leave out is less than 10^-16, and what the arithmetic does wrong
// less still, so that the nearest float is known unless a double beside the result is half way between two floats.
// Not here: every other way to write a number (decimals.ts).
import { firstDigits, otherMask48 } from "./digits";

const COMMA_BLANK: u16 = 0x202c;
/** The digit 0 with a point behind it. */
const ZERO_POINT: u32 = 0x2e30;
const MOST_FRACTION: u32 = 28;
/** The digit before the point in units of the sixteenth behind it. */
const ONE: u64 = 10000000000000000;
const UNIT: f64 = 1e-16;
/** The bits of 10^-4 as a float. */
const LEAST: u32 = 0x38d1b717;
/** Of a double, the bits that a float does not have, and their value half way between two floats. */
const REST: u64 = 0x1fffffff;
const MIDDLE: u64 = 0x10000000;
/**
 * Units in a double's last place. Above 10^-4 the digits left out are less than 9008 of them; four more are rounding
 * (digits, unit and product, and once more since a float is what is nearest to the nearest double).
 */
const MARGIN: u64 = 0x4000;

/** Where the next element goes. */
export let plainEnd: usize = 0;

/** Reads numbers from `start` on, and stores them from `first` on. Returns where the first stands that is written otherwise. */
export function scanPlain(start: usize, first: usize): usize {
  let at = start;
  let out = first;
  let others: u64 = 0;
  // One mask serves two numbers: the second does not wait for it.
  let isSecond = false;
  for (;;) {
    if (!isSecond) others = otherMask48(at);
    const negative = <u32>(load<u8>(at) === 0x2d);
    const from = at + negative;
    const whole = <u32>load<u16>(from) - ZERO_POINT;
    if (whole >= 10) break;
    // Without the sign and the point the first that is no digit is the end.
    others &= ~1;
    others &= others - 1;
    const length = <usize>ctz(others);
    const end = at + length;
    const fraction = end - from - 2;
    if (fraction - 1 >= MOST_FRACTION) break;
    if (load<u16>(end) !== COMMA_BLANK) break;
    const digits = <u64>whole * ONE + firstDigits(from + 2, fraction);
    const near = <f64>(<i64>digits) * UNIT;
    const value = reinterpret<u32>(<f32>near);
    if (value < LEAST) {
      if (digits !== 0 || fraction > 16) break;
    }
    if (((reinterpret<u64>(near) + MARGIN - MIDDLE) & REST) < 2 * MARGIN) break;
    store<u32>(out, value | (negative << 31));
    out += 4;
    at = end + 2;
    others = others >> (<u64>length + 2);
    isSecond = !isSecond;
  }
  plainEnd = out;
  return at;
}
