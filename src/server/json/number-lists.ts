// Where plain numbers are about to be stored: the column they go to, and the lists that are open around them.
// A scanner ends and begins lists by itself as long as each has the size it should have, so that rows cost no calls.
import type { NumberColumn } from "./number-column.ts";

/** Numbers within more lists than these are stored list by list. */
export const MAX_LEVELS = 8;

export interface NumberLists {
  readonly column: NumberColumn;
  /** Lists that are open around a number, at most MAX_LEVELS; farther out there may be others. */
  rank: number;
  /** So many of them, the outermost, are not the scanner's to end; at least one. */
  outer: number;
  /** Lists that are open now. A scanner starts with `rank` of them, and may stop with fewer. */
  depth: number;
  /** For each level the size that its lists have to have, -1 where it is not known. */
  readonly sizes: number[];
  /** For each level the elements so far of its open list, one that has only begun included. */
  readonly counts: number[];
}

/** Lists of one level, the innermost of however many, whose end is the parser's. */
export function oneList(column: NumberColumn): NumberLists {
  return { column, rank: 1, outer: 1, depth: 1, sizes: [-1], counts: [0] };
}
