// Tensors whose axes stand in another order, computed when they are read.
// Layout: axis i of the result is axis perm[i] of the base. Moving only axes of size 1 moves no bytes.
// Method: axes that stay neighbours are merged; then rows are copied, or, if the innermost axis changes, squares of
// elements are turned (turn-square.ts).
import { BYTES_PER_ELEMENT } from "./dtype.ts";
import { contiguousStrides } from "./gather-strided.ts";
import { derivedTensor, type Tensor, tensorFromStrings } from "./tensor.ts";
import { TILE, turnSquare, type Words, type WordTurner } from "./turn-square.ts";

/** `tensor` with its axes permuted; the same tensor if that moves nothing. Permutations of permutations are one. */
export function transposed(tensor: Tensor, perm: readonly number[]): Tensor {
  if (perm.every((axis, index) => axis === index)) return tensor;
  const inner = tensor.transposeOf;
  if (inner) {
    return transposed(
      inner.base,
      perm.map((axis) => inner.perm[axis] as number),
    );
  }
  const shape = perm.map((axis) => tensor.shape[axis] as number);
  if (movesOnlyOnes(tensor.shape, perm)) return reshaped(tensor, shape);
  const { dtype } = tensor;
  if (tensor.strings) return tensorFromStrings(shape, permuteList(tensor.strings, tensor.shape, perm));
  const compute = () => permuteBytes(tensor.read(), BYTES_PER_ELEMENT[dtype], tensor.shape, perm);
  return { ...derivedTensor(dtype, shape, compute), transposeOf: { base: tensor, perm } };
}

/** The same bytes under another shape of as many elements. */
export function reshaped(tensor: Tensor, shape: readonly number[]): Tensor {
  const same =
    shape.length === tensor.shape.length && shape.every((size, axis) => size === tensor.shape[axis]);
  if (same) return tensor;
  const { dtype, byteLength } = tensor;
  const reshapeOf = tensor.reshapeOf ?? tensor;
  const strings = tensor.strings ? { strings: tensor.strings } : {};
  const readInto = tensor.readInto ? { readInto: tensor.readInto } : {};
  return { dtype, shape, byteLength, ...strings, read: () => tensor.read(), ...readInto, reshapeOf };
}

/** Whether a permutation changes the order of axes of size 1 only, so that the bytes stay as they are. */
export function movesOnlyOnes(shape: readonly unknown[], perm: readonly number[]): boolean {
  const moved = perm.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, index) => index === 0 || axis > (moved[index - 1] as number));
}

/** Row-major elements of `width` bytes with their axes permuted, in new memory. */
export function permuteBytes(
  bytes: Uint8Array,
  width: number,
  shape: readonly number[],
  perm: readonly number[],
): Uint8Array {
  const output = new Uint8Array(bytes.byteLength);
  if (bytes.byteLength > 0) permuteWords(...wordMove(bytes, width, shape, perm), wordsOf(output, width));
  return output;
}

/** Memory for pieces, given again and again. */
export interface PieceMemory {
  piece(byteLength: number): Uint8Array;
  /** Turns words within this memory; used where the bytes that are permuted lie in it too. */
  readonly turner?: WordTurner | undefined;
}

/**
 * The same bytes in order, in pieces of about `pieceBytes`: a piece that fits a core's own cache is written on from
 * there. The next piece may overwrite it.
 */
export function* permutedPieces(
  bytes: Uint8Array,
  width: number,
  shape: readonly number[],
  perm: readonly number[],
  pieceBytes: number,
  memory: PieceMemory,
): Generator<Uint8Array> {
  if (bytes.byteLength === 0) return;
  const [input, { sizes, strides }] = wordMove(bytes, width, shape, perm);
  const [rows = 1, ...inner] = sizes;
  const rowBytes = bytes.byteLength / rows;
  const least = strides[0] === 1 ? TILE : 1; // fewer rows would read whole lines of the cache for a part of each
  const wanted = Math.max(least, Math.floor(pieceBytes / rowBytes));
  const count = wanted > TILE ? wanted - (wanted % TILE) : wanted;
  for (let row = 0; row < rows; row += count) {
    const taken = Math.min(count, rows - row);
    const piece = memory.piece(taken * rowBytes);
    const part = { sizes: sizes.length > 0 ? [taken, ...inner] : [], strides };
    permuteWords(input.subarray(row * (strides[0] ?? 0)), part, wordsOf(piece, width), memory.turner);
    yield piece;
  }
}

/** Elements above four bytes are an innermost axis of 32-bit words: words survive the copy bit by bit. */
function wordMove(
  bytes: Uint8Array,
  width: number,
  shape: readonly number[],
  perm: readonly number[],
): [Words, Move] {
  const wide = width > 4;
  const move = wide ? merge([...shape, width / 4], [...perm, shape.length]) : merge(shape, perm);
  const aligned = bytes.byteOffset % Math.min(width, 4) === 0 ? bytes : bytes.slice();
  return [wordsOf(aligned, width), move];
}

interface Move {
  /** Sizes in the order of the output. */
  readonly sizes: readonly number[];
  /** How far an element is from the next one of that axis, in the input. */
  readonly strides: readonly number[];
}

/** Drops axes of size 1 and merges those that stay neighbours. */
function merge(shape: readonly number[], perm: readonly number[]): Move {
  const strideOf = contiguousStrides(shape);
  const sizes: number[] = [];
  const strides: number[] = [];
  for (const axis of perm) {
    const size = shape[axis] as number;
    const stride = strideOf[axis] as number;
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && strides[last] === stride * size) {
      sizes[last] = (sizes[last] as number) * size;
      strides[last] = stride;
    } else {
      sizes.push(size);
      strides.push(stride);
    }
  }
  return { sizes, strides };
}

function permuteWords(input: Words, move: Move, output: Words, turner?: WordTurner): void {
  const rank = move.sizes.length;
  if (rank === 0 || move.strides[rank - 1] === 1) {
    copyRows(input, move, output);
    return;
  }
  const outStrides = contiguousStrides(move.sizes);
  const across = move.strides.indexOf(1); // the input's innermost axis
  const outer = move.sizes.map((_, axis) => axis).filter((axis) => axis !== across && axis !== rank - 1);
  const square = {
    rows: move.sizes[across] as number,
    rowStride: outStrides[across] as number,
    columns: move.sizes[rank - 1] as number,
    columnStride: move.strides[rank - 1] as number,
  };
  walk(outer, move, outStrides, (from, to) => turnSquare(input, output, from, to, square, turner));
}

function copyRows(input: Words, move: Move, output: Words): void {
  const rank = move.sizes.length;
  const length = rank === 0 ? output.length : (move.sizes[rank - 1] as number);
  const outer = move.sizes.map((_, axis) => axis).slice(0, -1);
  walk(outer, move, contiguousStrides(move.sizes), (from, to) => {
    if (length > 16) output.set(input.subarray(from, from + length), to);
    else for (let index = 0; index < length; index++) output[to + index] = input[from + index] as number;
  });
}

/** Calls `visit` with the input's and the output's offset for every position of the given axes. */
function walk(
  axes: readonly number[],
  move: Move,
  outStrides: readonly number[],
  visit: (from: number, to: number) => void,
): void {
  const position = axes.map(() => 0);
  let from = 0;
  let to = 0;
  for (;;) {
    visit(from, to);
    let level = axes.length - 1;
    for (; level >= 0; level--) {
      const axis = axes[level] as number;
      const size = move.sizes[axis] as number;
      from += move.strides[axis] as number;
      to += outStrides[axis] as number;
      position[level] = (position[level] as number) + 1;
      if ((position[level] as number) < size) break;
      from -= size * (move.strides[axis] as number);
      to -= size * (outStrides[axis] as number);
      position[level] = 0;
    }
    if (level < 0) return;
  }
}

function wordsOf(bytes: Uint8Array, width: number): Words {
  if (width === 1) return bytes;
  if (width === 2) return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  // Signed, since an unsigned word above 2^31 may take memory of its own on the way.
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function permuteList<T>(list: readonly T[], shape: readonly number[], perm: readonly number[]): T[] {
  const order = new Uint32Array(list.length).map((_, index) => index);
  const moved = permuteBytes(new Uint8Array(order.buffer), 4, shape, perm);
  return [...new Uint32Array(moved.buffer)].map((index) => list[index] as T); // a permutation of valid indices
}
