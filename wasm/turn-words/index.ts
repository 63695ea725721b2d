// Turns squares of four-byte words, for src/tensor/turn-square.ts, four by four in the registers: one store then writes
// what the code beside it writes word by word. `npm run generate` compiles it (compile.mjs).

/** Of a tile: columns fill a line of the cache, 64 bytes, where they are written, and rows four where they are read. */
const TILE_ROWS: usize = 64;
const TILE_COLUMNS: usize = 16;
/** Rows and columns of what is turned at once; a square has at least as many. */
const SIDE: usize = 4;
const WORD_BITS: usize = 2;

/**
 * to[row * rowStride + column] = from[row + column * columnStride], for a square of at least four rows and columns.
 * `from` and `to` are addresses, strides count words. Where the sizes are no multiples of four, the last are done twice.
 */
export function turnWords(
  from: usize,
  to: usize,
  rows: usize,
  rowStride: usize,
  columns: usize,
  columnStride: usize,
): void {
  const lastRow = rows - SIDE;
  const lastColumn = columns - SIDE;
  for (let top: usize = 0; top < rows; top += TILE_ROWS) {
    const bottom = min(top + TILE_ROWS, rows);
    for (let left: usize = 0; left < columns; left += TILE_COLUMNS) {
      const right = min(left + TILE_COLUMNS, columns);
      for (let nextRow = top; nextRow < bottom; nextRow += SIDE) {
        const row = min(nextRow, lastRow);
        for (let nextColumn = left; nextColumn < right; nextColumn += SIDE) {
          const column = min(nextColumn, lastColumn);
          const source = from + ((row + column * columnStride) << WORD_BITS);
          const target = to + ((row * rowStride + column) << WORD_BITS);
          turnFour(source, columnStride << WORD_BITS, target, rowStride << WORD_BITS);
        }
      }
    }
  }
}

/** Four by four words; the steps are bytes from one line to the next. */
function turnFour(source: usize, sourceStep: usize, target: usize, targetStep: usize): void {
  const a = v128.load(source);
  const b = v128.load(source + sourceStep);
  const c = v128.load(source + 2 * sourceStep);
  const d = v128.load(source + 3 * sourceStep);
  const abLow = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<i64>(abLow, cdLow, 0, 2));
  v128.store(target + targetStep, v128.shuffle<i64>(abLow, cdLow, 1, 3));
  v128.store(target + 2 * targetStep, v128.shuffle<i64>(abHigh, cdHigh, 0, 2));
  v128.store(target + 3 * targetStep, v128.shuffle<i64>(abHigh, cdHigh, 1, 3));
}
