// Lists of integers to elements of any width. At most fifteen digits, so that 2^53 is never passed; what has more, a point
// or an exponent, or is out of range, is left to the parser.
import { lastDigits, otherMask16 } from "./digits";
import { innermostCount, isListOpened, passLists, skipBlanks, stopInList } from "./lists";
import { BEFORE_VALUE, LIST_OPENED, OUTPUT, STOPPED, STORED } from "./memory";

const MOST_DIGITS: usize = 15;
const COMMA_BLANK: u16 = 0x202c;

/** Reads from `start` on, where a value may stand; `T` is as wide as an element. Returns where it stopped. */
export function scanIntegers<T>(start: usize, least: i64, most: i64): usize {
  let out = OUTPUT;
  /** Where the first element of the innermost list stands, or would, if it was stored earlier. */
  let row = out - innermostCount() * sizeof<T>();
  let at = start;
  let stopped = load<i32>(STOPPED);
  for (;;) {
    const negative = <usize>(load<u8>(at) === 0x2d);
    const from = at + negative;
    let end = at + ctz(otherMask16(at) & ~(<u32>negative));
    const count = end - from;
    if (count - 1 >= MOST_DIGITS) {
      const next = skipBlanks(at);
      if (next === at) break;
      at = next;
      continue;
    }
    if (count > 1 && load<u8>(from) === 0x30) break;
    const digits = <i64>lastDigits(end, count);
    const value = negative ? -digits : digits;
    if (value < least || value > most) break;
    let behind = load<u16>(end);
    if (behind !== COMMA_BLANK) {
      end = skipBlanks(end);
      behind = load<u8>(end);
      if (behind !== 0x2c && behind !== 0x5d) break;
    }
    store<T>(out, <T>value);
    out += sizeof<T>();
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
      stopped = LIST_OPENED;
    }
  }
  stopInList(stopped, <i32>((out - row) / sizeof<T>()));
  store<i32>(STORED, <i32>((out - OUTPUT) / sizeof<T>()));
  return at;
}
