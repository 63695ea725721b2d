// What the scanner and its caller share: text comes in, numbers go out, and where it stands is told in between.
// All of it is fixed; nothing is ever allocated. The state's words are listed in src/server/json/number-scanner.ts, too.

/** Bytes of text at a time. */
const TEXT_BYTES: i32 = 98304;
/** The scanner looks so far beyond the text, on both sides; behind it there have to be zeros. */
const GUARD_BYTES: i32 = 64;

// The shortest number with its comma takes two bytes of text, the widest element eight.
const TEXT: usize = memory.data(TEXT_BYTES + 2 * GUARD_BYTES, 16);
const ELEMENTS: usize = memory.data((TEXT_BYTES / 2 + 1) * 8, 16);
const WORDS: usize = memory.data(128, 16);

/** Where the text begins. */
export const INPUT: usize = TEXT + <usize>GUARD_BYTES;
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

export const BEFORE_VALUE: i32 = 0;
export const AFTER_VALUE: i32 = 1;
export const LIST_OPENED: i32 = 2;
