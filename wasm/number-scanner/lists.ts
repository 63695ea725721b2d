// Lists of lists: what stands between the last number of one list and the first of the next, `], [` and the like.
// It goes on only while every list that ends has the size it should have; anything else is the parser's to judge.
import { AFTER_VALUE, BEFORE_VALUE, COUNTS, DEPTH, LIST_OPENED, OUTER, RANK, SIZES, STOPPED } from "./memory";

function isBlank(byte: u8): bool {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function skipBlanks(from: usize): usize {
  let at = from;
  while (isBlank(load<u8>(at))) at++;
  return at;
}

/**
 * Ends lists and begins others, from the bracket at `from` on, `count` being the size of the innermost. Returns where it
 * stopped. It came as far as the next list of numbers if DEPTH is RANK and STOPPED is LIST_OPENED.
 */
export function passLists(from: usize, count: i32): usize {
  const rank = load<i32>(RANK);
  const outer = load<i32>(OUTER);
  let depth = rank;
  let at = from;
  store<i32>(COUNTS + ((<usize>rank - 1) << 2), count);
  store<i32>(STOPPED, AFTER_VALUE);
  while (load<u8>(at) === 0x5d && depth > outer) {
    const level = (<usize>depth - 1) << 2;
    if (load<i32>(COUNTS + level) !== load<i32>(SIZES + level)) break;
    depth--;
    at = skipBlanks(at + 1);
  }
  if (depth < rank && load<u8>(at) === 0x2c) {
    store<i32>(STOPPED, BEFORE_VALUE);
    at = skipBlanks(at + 1);
    while (depth < rank && load<u8>(at) === 0x5b) {
      const level = COUNTS + ((<usize>depth - 1) << 2);
      store<i32>(level, load<i32>(level) + 1);
      store<i32>(level, 0, 4);
      store<i32>(STOPPED, LIST_OPENED);
      depth++;
      at = skipBlanks(at + 1);
    }
  }
  store<i32>(DEPTH, depth);
  return at;
}

/** Elements of the innermost list so far. */
export function innermostCount(): usize {
  return load<i32>(COUNTS + ((<usize>load<i32>(RANK) - 1) << 2));
}

/** Whether passLists came to the next list of numbers. */
export function isListOpened(): bool {
  return load<i32>(STOPPED) === LIST_OPENED && load<i32>(DEPTH) === load<i32>(RANK);
}

/** It ends within the innermost list, which has `count` elements. */
export function stopInList(stopped: i32, count: i32): void {
  const rank = load<i32>(RANK);
  store<i32>(COUNTS + ((<usize>rank - 1) << 2), count);
  store<i32>(DEPTH, rank);
  store<i32>(STOPPED, stopped);
}
