// The fast way through lists of numbers: text to typed memory, for as long as nothing unusual comes.
// It stops before anything it does not know (NaN, a wrong literal, 20 digits, a list of another size, the end of the
// chunk); json-parser.ts goes on there.
// Not here: how digits are read and what makes that exact (wasm/number-scanner/).
import type { DType } from "../../tensor/dtype.ts";
import type { NumberLists } from "./number-lists.ts";
import { GUARD_BYTES, NumberScanner } from "./number-scanner.ts";

/** What stands where the scanner stopped. */
export const STOPPED_BEFORE_VALUE = 0;
export const STOPPED_AFTER_VALUE = 1;
export const STOPPED_IN_NEW_LIST = 2;

export const MAX_BEFORE_BYTES = GUARD_BYTES / 2;

export interface Scan {
  position: number;
  /** Values stored. */
  stored: number;
  stopped: number;
}

/** The literals that a column's dtype takes. Narrow integers are those of int32, and wrap. */
const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;
const UINT32 = [0, 2 ** 32 - 1] as const;
const INT64 = [-(2 ** 53), 2 ** 53] as const;
const UINT64 = [0, 2 ** 53] as const;

let scanner: NumberScanner | undefined;

/**
 * Stores the numbers from `position` on, with commas, blanks and lists between them. Call it where a value may stand,
 * with `lists.rank` lists open. `lists` and `scan` receive how far it came. `bodyBytesLeft` is counted from the chunk on.
 * `before` is the beginning of a number that the last chunk's end cut, at most MAX_BEFORE_BYTES; `position` is then 0.
 */
export function scanNumbers(
  chunk: Uint8Array,
  position: number,
  lists: NumberLists,
  bodyBytesLeft: number,
  scan: Scan,
  before?: Uint8Array,
): void {
  const { column, rank, sizes, counts } = lists;
  scanner ??= new NumberScanner();
  const start = scanner.load(chunk, position, before);
  scanner.setLists(rank, lists.outer);
  for (let level = 0; level < rank; level++) {
    scanner.sizes[level] = sizes[level] ?? -1;
    scanner.counts[level] = counts[level] ?? 0;
  }
  const end = run(scanner, column.dtype, start);
  const { stored } = scanner;
  scan.position = position + end - start - (before?.length ?? 0);
  scan.stored = stored;
  if (stored === 0) return;
  scan.stopped = scanner.stopped;
  lists.depth = scanner.depth;
  for (let level = 0; level < lists.depth; level++) counts[level] = scanner.counts[level] ?? 0;
  const { memory, output } = scanner;
  column.append(
    memory.subarray(output, output + stored * column.elementBytes),
    end - start,
    bodyBytesLeft - scan.position,
  );
}

/**
 * Where a chunk is read best: from there it is not copied. It belongs to everybody, so that a chunk has to be used up
 * before others can read theirs. The first call takes 0.7 milliseconds.
 */
export function textRoom(): Uint8Array {
  scanner ??= new NumberScanner();
  return scanner.room;
}

/** Has to be called before a chunk's memory, or the room, is written to again. */
export function forgetChunk(): void {
  scanner?.forget();
}

/** Returns `start` for dtypes that no numbers are read for. */
function run({ functions, end }: NumberScanner, dtype: DType, start: number): number {
  switch (dtype) {
    case "float32":
      return functions.scanFloat32(start, end);
    case "float64":
      return functions.scanFloat64(start, end);
    case "int8":
    case "uint8":
      return functions.scanInt8(start, end, ...INT32);
    case "int16":
      return functions.scanInt16(start, end, ...INT32);
    case "int32":
      return functions.scanInt32(start, end, ...INT32);
    case "uint32":
      return functions.scanInt32(start, end, ...UINT32);
    case "int64":
      return functions.scanInt64(start, end, ...INT64);
    case "uint64":
      return functions.scanInt64(start, end, ...UINT64);
    default:
      return start;
  }
}
