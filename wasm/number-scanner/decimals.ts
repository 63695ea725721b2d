// Lists of decimals to float32 and float64. Up to 31 bytes of a number are looked at together; a longer one, like all
// that is unusual, is left to the parser.
import { lastDigits, leadingDigits, otherMask } from "./digits";
import { innermostCount, isListOpened, passLists, skipBlanks, stopInList } from "./lists";
import { BEFORE_VALUE, LIST_OPENED, OUTPUT, STOPPED, STORED } from "./memory";
import { plainEnd, scanPlain } from "./plain-float32";
import { INTEGER_POWERS, MOST_POWER } from "./powers";
import { toFloat32, toFloat64 } from "./round";

const POINT: u8 = 0x2e;
const COMMA_BLANK: u16 = 0x202c;
/** With more digits than that behind its point, a number's neighbours are likely to be plain. */
const FEW_DIGITS: i32 = 2;
/** Digits on either side of the point, and both together. */
const MOST_WHOLE: usize = 16;
const MOST_FRACTION: usize = 20;
const MOST_DIGITS: usize = 19;
/** Times 10^16 it is below 2^63. */
const MOST_LEADING: u64 = 921;

/** The exponent that readExponent found. */
let exponent: i32 = 0;

/** Reads an exponent from its `e` on. Returns its end, or 0 if it is none or has more than three digits. */
function readExponent(from: usize): usize {
  let at = from + 1;
  let byte = load<u8>(at);
  const negative = byte === 0x2d;
  if (negative || byte === 0x2b) byte = load<u8>(++at);
  const first = at;
  let power: i32 = 0;
  while (byte - 0x30 < 10) {
    if (at - first === 3) return 0;
    power = power * 10 + <i32>(byte - 0x30);
    byte = load<u8>(++at);
  }
  exponent = negative ? -power : power;
  return at === first ? 0 : at;
}

/** Reads from `start` on, where a value may stand; `T` is f32 or f64. Returns where it stopped. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one loop whose state stays in registers
export function scanDecimals<T>(start: usize): usize {
  let out = OUTPUT;
  /** Where the first element of the innermost list stands, or would, if it was stored earlier. */
  let row = out - innermostCount() * sizeof<T>();
  let at = start;
  let stopped = load<i32>(STOPPED);
  let mayBePlain = sizeof<T>() === 4;
  for (;;) {
    if (mayBePlain) {
      const next = scanPlain(at, out);
      if (next !== at) stopped = BEFORE_VALUE;
      at = next;
      out = plainEnd;
      mayBePlain = false;
    }
    let negative = <u32>(load<u8>(at) === 0x2d);
    const from = at + negative;
    const others = otherMask(at) & ~negative;
    const point = at + ctz(others);
    const whole = point - from;
    if (whole - 1 >= MOST_WHOLE) {
      const next = skipBlanks(at);
      if (next === at) break;
      at = next;
      continue;
    }
    // Where the second byte is that is no digit.
    let end = at + ctz(others & (others - 1));
    let digits: u64;
    let power: i32 = 0;
    if (load<u8>(point) === POINT) {
      const fraction = end - point - 1;
      if (fraction - 1 >= MOST_FRACTION) break;
      const integer = whole === 1 ? <u64>(load<u8>(from) - 0x30) : lastDigits(point, whole);
      const leading = leadingDigits(end, fraction);
      if (whole + fraction > MOST_DIGITS && (integer !== 0 || leading > MOST_LEADING)) break;
      digits =
        integer * load<u64>(INTEGER_POWERS + (fraction << 3)) +
        leading * 10000000000000000 +
        lastDigits(end, fraction);
      if (<i64>digits < 0) break;
      power = -(<i32>fraction);
    } else {
      end = point;
      digits = lastDigits(end, whole);
    }
    if (whole > 1 && load<u8>(from) === 0x30) break;
    let behind = load<u16>(end);
    if (behind !== COMMA_BLANK) {
      if ((behind & 0xdf) === 0x45) {
        end = readExponent(end);
        if (end === 0) break;
        power += exponent;
        if (power < -MOST_POWER || power > MOST_POWER) break;
      } else if (power === 0 && digits === 0) {
        negative = 0; // the integer -0 has no sign
      }
      end = skipBlanks(end);
      behind = load<u8>(end);
      if (behind !== 0x2c && behind !== 0x5d) break;
    }
    if (sizeof<T>() === 4) {
      const value = toFloat32(digits, power);
      if (isNaN(value)) break;
      store<u32>(out, reinterpret<u32>(value) | (negative << 31));
    } else {
      const value = toFloat64(digits, power);
      if (isNaN(value)) break;
      store<u64>(out, reinterpret<u64>(value) | ((<u64>negative) << 63));
    }
    out += sizeof<T>();
    mayBePlain = sizeof<T>() === 4 && power < -FEW_DIGITS;
    if (behind === COMMA_BLANK) {
      at = end + 2;
      stopped = BEFORE_VALUE;
    } else if (behind === 0x2c) {
      at = skipBlanks(end + 1);
      stopped = BEFORE_VALUE;
    } else {
      at = passLists(end, <i32>((out - row) / sizeof<T>()));
      if (!isListOpened()) {
        store<i32>(STORED, <i32>((out - OUTPUT) / sizeof<T>()));
        return at;
      }
      row = out;
      mayBePlain = sizeof<T>() === 4;
      stopped = LIST_OPENED;
    }
  }
  stopInList(stopped, <i32>((out - row) / sizeof<T>()));
  store<i32>(STORED, <i32>((out - OUTPUT) / sizeof<T>()));
  return at;
}
