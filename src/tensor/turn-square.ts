// Turns squares: what lies along the input's innermost axis stands across the output's.
// Method: tiles of 64 by 64 elements, four rows at a time, so that reads and writes both stay within the cache; words of
// four bytes by a kernel in WebAssembly where both sides lie in its memory (turning-memory.ts).
export type Words = Uint8Array | Uint16Array | Int32Array;

/** wasm/turn-words/: output[to + row * rowStride + column] = input[from + row + column * columnStride]. */
export interface WordTurner {
  readonly memory: { readonly buffer: ArrayBufferLike; grow(pages: number): number };
  /** `from` and `to` are addresses in bytes, strides count words; LEAST_SIDE rows and columns at least. */
  turnWords(
    from: number,
    to: number,
    rows: number,
    rowStride: number,
    columns: number,
    columnStride: number,
  ): void;
}

/** What the kernel turns at once. */
const LEAST_SIDE = 4;

export interface Square {
  /** Along the input's innermost axis. */
  readonly rows: number;
  readonly rowStride: number;
  /** Along the output's innermost axis. */
  readonly columns: number;
  readonly columnStride: number;
}

/** Elements a side; a multiple of BLOCK. Tiles of four-byte words fill half of a first-level cache. */
export const TILE = 64;
/** Rows that are moved at once, as straight code: up to twice as fast as one element at a time. */
const BLOCK = 4;

/** A part of a square: rows from `top`, columns from `left`, ends excluded. */
interface Area {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Turns what begins at element `from` of the input to element `to` of the output. */
export function turnSquare(
  input: Words,
  output: Words,
  from: number,
  to: number,
  square: Square,
  turner?: WordTurner,
): void {
  if (turner && canTurn(turner, input, output, square)) {
    const { rows, rowStride, columns, columnStride } = square;
    const [source, target] = [input.byteOffset + 4 * from, output.byteOffset + 4 * to];
    turner.turnWords(source, target, rows, rowStride, columns, columnStride);
  } else turnTiles(input, output, from, to, square);
}

function canTurn({ memory }: WordTurner, input: Words, output: Words, { rows, columns }: Square): boolean {
  if (output.BYTES_PER_ELEMENT !== 4 || Math.min(rows, columns) < LEAST_SIDE) return false;
  return input.buffer === memory.buffer && output.buffer === memory.buffer;
}

function turnTiles(input: Words, output: Words, from: number, to: number, square: Square): void {
  const { rows, columns } = square;
  const blockRows = rows - (rows % BLOCK);
  const blockColumns = columns - (columns % BLOCK);
  for (let top = 0; top < blockRows; top += TILE) {
    const bottom = Math.min(blockRows, top + TILE);
    for (let left = 0; left < blockColumns; left += TILE) {
      const right = Math.min(blockColumns, left + TILE);
      turnBlocks(input, output, from, to, square, { top, bottom, left, right });
    }
  }
  turnEach(input, output, from, to, square, {
    top: 0,
    bottom: blockRows,
    left: blockColumns,
    right: columns,
  });
  turnEach(input, output, from, to, square, { top: blockRows, bottom: rows, left: 0, right: columns });
}

/** Turns an area that consists of whole blocks. */
function turnBlocks(input: Words, output: Words, from: number, to: number, square: Square, area: Area): void {
  const { rowStride, columnStride } = square;
  const { top, bottom, left, right } = area;
  for (let row = top; row < bottom; row += BLOCK) {
    let source = from + row + left * columnStride;
    let target = to + row * rowStride + left;
    for (let column = left; column < right; column++, target++, source += columnStride) {
      output[target] = input[source] as number;
      output[target + rowStride] = input[source + 1] as number;
      output[target + 2 * rowStride] = input[source + 2] as number;
      output[target + 3 * rowStride] = input[source + 3] as number;
    }
  }
}

/** Turns an area element by element. */
function turnEach(input: Words, output: Words, from: number, to: number, square: Square, area: Area): void {
  const { rowStride, columnStride } = square;
  const { top, bottom, left, right } = area;
  for (let row = top; row < bottom; row++) {
    const start = to + row * rowStride;
    for (let column = left; column < right; column++)
      output[start + column] = input[from + row + column * columnStride] as number;
  }
}
