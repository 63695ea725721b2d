// What the scanner and its caller share: text comes in, numbers go out, and where it stands is told in between.
// All of it is fixed; nothing is ever allocated. The state's words are listed in src/server/json/number-scanner.ts, too.

/** Bytes of text that there is place for: what a socket brings at once. */
const PLACE_BYTES: i32 = 262144;
/** Bytes of text that are scanned at once. */
const SCANNED_BYTES: i32 = 98304;
/** The scanner looks so far beyond the text, on both sides. */
const GUARD_BYTES: i32 = 64;

// The shortest number with its comma takes two bytes of text, the widest element eight.
const TEXT: usize = memory.data(PLACE_BYTES + 2 * GUARD_BYTES, 16);
const ELEMENTS: usize = memory.data((SCANNED_BYTES / 2 + GUARD_BYTES) * 8, 16);
const WORDS: usize = memory.data(128, 16);

/** Where there is place for text, and how much. */
export const INPUT: usize = TEXT + <usize>GUARD_BYTES;
export const INPUT_BYTES: i32 = PLACE_BYTES;
/** No more text than this is scanned at once. */
export const MOST_SCANNED: i32 = SCANNED_BYTES;
/** Where the elements go. */
export const OUTPUT: usize = ELEMENTS;

/** Number of elements that were written. */
export const STORED: usize = WORDS;
/** What the parser has to go on with: one of the three below. */
export const STOPPED: usize = WORDS + 4;
/** Lists that are open. */
export const DEPTH: usize = WORDS + 8;
/** Lists that are open around a number. */
export const RANK: usize = WORDS + 12;
/** So many of them, the outermost, are not the scanner's to end. */
export const OUTER: usize = WORDS + 16;
/** For each of at most eight levels the size its lists have to have, -1 if it is not known. */
export const SIZES: usize = WORDS + 32;
/** For each level the elements that its open list has so far, one that has only begun included. */
export const COUNTS: usize = WORDS + 64;

const LINE: usize = 16;
/** What stood where zeros do for now. */
let behind0: v128 = i32x4.splat(0);
let behind1: v128 = i32x4.splat(0);
let behind2: v128 = i32x4.splat(0);
let behind3: v128 = i32x4.splat(0);

/** Puts zeros behind the text, so that every scan ends there. */
export function endText(end: usize): void {
  behind0 = v128.load(end);
  behind1 = v128.load(end + LINE);
  behind2 = v128.load(end + 2 * LINE);
  behind3 = v128.load(end + 3 * LINE);
  memory.fill(end, 0, 4 * LINE);
}

/** Puts back what stood there. */
export function goOnBehindText(end: usize): void {
  v128.store(end, behind0);
  v128.store(end + LINE, behind1);
  v128.store(end + 2 * LINE, behind2);
  v128.store(end + 3 * LINE, behind3);
}

export const BEFORE_VALUE: i32 = 0;
export const AFTER_VALUE: i32 = 1;
export const LIST_OPENED: i32 = 2;
