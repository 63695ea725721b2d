// Tensors of several requests as one, and the rows of one as tensors.
// Invariant: a row is copied once, into the joined tensor; what comes out are views. Copying gives others a turn.
// Padding: rows that fill a batch up repeat the first row of its last request; values that fill a row up repeat the first
// element of the tensor that they are added to. Source: TensorFlow Serving's batching_util.cc and batching_session.cc.
import type { TensorValue } from "../../engine/engine.ts";
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";

/** Some rows of a tensor. */
export interface RowRange {
  readonly tensor: TensorValue;
  readonly from: number;
  readonly rows: number;
}

/** Bytes that are copied before others have a turn: some 100 us, with the memory's first touch. */
const TURN_BYTES = 512 * 1024;
const NO_BYTES = new Uint8Array(0);

/**
 * One tensor of `size` rows: the ranges' in their order, and padding. The tensors are of one dtype and rank; where other
 * axes than the first differ, the largest counts. `ranges` has one at least.
 */
export function* joinRows(ranges: readonly RowRange[], size: number): Generator<void, TensorValue> {
  const [first] = ranges;
  if (!first) throw new Error("there is nothing to join");
  const { dtype } = first.tensor;
  const rowShape = largestRow(ranges);
  const rowElements = product(rowShape);
  const target =
    dtype === "string" ? new StringRoom(size * rowElements) : new ByteRoom(dtype, size * rowElements);
  let filled = 0;
  let untilTurn = TURN_BYTES;
  for (const range of padded(ranges, size)) {
    for (const copied of copyRange(range, target, filled * rowElements, rowShape)) {
      untilTurn -= copied;
      if (untilTurn > 0) continue;
      untilTurn = TURN_BYTES;
      yield;
    }
    filled += range.rows;
  }
  return { dtype, shape: [size, ...rowShape], ...target.value };
}

/** Rows of a tensor, as a view. */
export function rowsOf(
  { dtype, shape, data, strings }: TensorValue,
  from: number,
  rows: number,
): TensorValue {
  const rowShape = shape.slice(1);
  const elements = product(rowShape);
  const bytes = elements * BYTES_PER_ELEMENT[dtype];
  return {
    dtype,
    shape: [rows, ...rowShape],
    data: data.subarray(from * bytes, (from + rows) * bytes),
    ...(strings ? { strings: strings.slice(from * elements, (from + rows) * elements) } : {}),
  };
}

/** The ranges, and the last one's first row as often as rows are missing. */
function* padded(ranges: readonly RowRange[], size: number): Generator<RowRange> {
  yield* ranges;
  const last = ranges.at(-1);
  if (!last) return;
  const rows = ranges.reduce((sum, range) => sum + range.rows, 0);
  for (let row = rows; row < size; row++) yield { tensor: last.tensor, from: last.from, rows: 1 };
}

/** The sizes of a row that every range fits into. */
function largestRow(ranges: readonly RowRange[]): number[] {
  const sizes = ranges[0]?.tensor.shape.slice(1) ?? [];
  for (const { tensor } of ranges) {
    for (const axis of sizes.keys()) sizes[axis] = Math.max(sizes[axis] ?? 0, tensor.shape[axis + 1] ?? 0);
  }
  return sizes;
}

/** Copies one range to an element of the target, run by run; yields the bytes of each. */
function* copyRange(
  { tensor, from, rows }: RowRange,
  target: Room,
  at: number,
  rowShape: readonly number[],
): Generator<number> {
  const own = tensor.shape.slice(1);
  const elements = product(own);
  if (own.every((size, axis) => size === rowShape[axis])) {
    yield* copyInTurns(tensor, from * elements, target, at, rows * elements);
    return;
  }
  target.fill(tensor, at, rows * product(rowShape));
  const outer = [rows, ...own.slice(0, -1)];
  const targetOuter = [rows, ...rowShape.slice(0, -1)];
  const [width = 1, targetWidth = 1] = [own.at(-1), rowShape.at(-1)];
  for (let line = 0; line < product(outer); line++) {
    const place = at + sameIndex(line, outer, targetOuter) * targetWidth;
    yield* copyInTurns(tensor, from * elements + line * width, target, place, width);
  }
}

function* copyInTurns(
  tensor: TensorValue,
  from: number,
  target: Room,
  at: number,
  count: number,
): Generator<number> {
  const most = Math.max(1, Math.floor(TURN_BYTES / target.bytesPerElement));
  for (let done = 0; done < count; done += most) {
    const next = Math.min(most, count - done);
    target.copy(tensor, from + done, at + done, next);
    yield next * target.bytesPerElement;
  }
}

/** The flat index, among `to` sizes, of the place that has this flat index among `from` sizes. */
function sameIndex(flat: number, from: readonly number[], to: readonly number[]): number {
  let rest = flat;
  let stride = 1;
  let index = 0;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    const size = from[axis] ?? 1;
    index += (rest % size) * stride;
    rest = Math.floor(rest / size);
    stride *= to[axis] ?? 1;
  }
  return index;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}

/** Where a joined tensor's elements go. */
interface Room {
  readonly bytesPerElement: number;
  readonly value: Pick<TensorValue, "data" | "strings">;
  copy(tensor: TensorValue, from: number, at: number, count: number): void;
  /** Repeats the tensor's first element. */
  fill(tensor: TensorValue, at: number, count: number): void;
}

class ByteRoom implements Room {
  readonly bytesPerElement: number;
  readonly value: { readonly data: Uint8Array };

  constructor(dtype: TensorValue["dtype"], count: number) {
    this.bytesPerElement = BYTES_PER_ELEMENT[dtype];
    // A buffer of its own, so that it is aligned; not cleared, since all of it is written.
    this.value = { data: new Uint8Array(Buffer.allocUnsafeSlow(count * this.bytesPerElement).buffer) };
  }

  copy({ data }: TensorValue, from: number, at: number, count: number): void {
    const width = this.bytesPerElement;
    this.value.data.set(data.subarray(from * width, (from + count) * width), at * width);
  }

  fill({ data }: TensorValue, at: number, count: number): void {
    const width = this.bytesPerElement;
    Buffer.from(this.value.data.buffer).fill(data.subarray(0, width), at * width, (at + count) * width);
  }
}

class StringRoom implements Room {
  /** What moving one costs, about. */
  readonly bytesPerElement = 64;
  readonly value: { readonly data: Uint8Array; readonly strings: Uint8Array[] };

  constructor(count: number) {
    this.value = { data: NO_BYTES, strings: new Array<Uint8Array>(count).fill(NO_BYTES) };
  }

  copy({ strings = [] }: TensorValue, from: number, at: number, count: number): void {
    for (let index = 0; index < count; index++) {
      this.value.strings[at + index] = strings[from + index] ?? NO_BYTES;
    }
  }

  fill({ strings = [] }: TensorValue, at: number, count: number): void {
    this.value.strings.fill(strings[0] ?? NO_BYTES, at, at + count);
  }
}
