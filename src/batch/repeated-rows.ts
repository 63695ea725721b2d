// Constants that hold the same row once for each sample: position ids, masks, initial states, row numbers.
// Layout: an axis of factor * batch is blocks of `factor` (the batch outermost) or, failing that, runs of `batch`.
import { BYTES_PER_ELEMENT } from "../tensor/dtype.ts";
import { numbersOf, tensorOfNumbers } from "../tensor/numbers.ts";
import { elementCount, type Tensor, tensorFromBytes } from "../tensor/tensor.ts";

/** A constant as one row and how rows are made of it. */
export type Rows =
  /** The same block for each sample; its size along the axis is factor. */
  | { readonly kind: "blocks"; readonly row: Tensor }
  /** The same element in each run; the row has one more axis, of size 1, behind the axis of size factor. */
  | { readonly kind: "runs"; readonly row: Tensor }
  /** Row i is the first row plus i times the step, element by element. */
  | { readonly kind: "counted"; readonly row: Tensor; readonly step: Tensor };

/** How `tensor` repeats along `axis`, where it has the size batch * factor; undefined if rows differ. */
export function repeatedRows(tensor: Tensor, axis: number, batch: number): Rows | undefined {
  const factor = (tensor.shape[axis] ?? 0) / batch;
  if (tensor.dtype === "string" || !Number.isInteger(factor) || factor === 0) return undefined;
  const bytes = tensor.read();
  const outer = elementCount(tensor.shape.slice(0, axis));
  const inner = elementCount(tensor.shape.slice(axis + 1)) * BYTES_PER_ELEMENT[tensor.dtype];
  const resized = (size: readonly number[]): readonly number[] => tensor.shape.toSpliced(axis, 1, ...size);
  const block = firstOfEach(bytes, outer, batch, factor * inner);
  if (block) return { kind: "blocks", row: tensorFromBytes(tensor.dtype, resized([factor]), block) };
  const run = factor > 1 ? firstOfEach(bytes, outer * factor, batch, inner) : undefined;
  if (run) return { kind: "runs", row: tensorFromBytes(tensor.dtype, resized([factor, 1]), run) };
  return factor === 1 ? countedRows(tensor, axis, batch) : undefined;
}

/** Of `groups` groups of `count` equal pieces, the first piece of each; undefined if pieces of a group differ. */
function firstOfEach(
  bytes: Uint8Array,
  groups: number,
  count: number,
  pieceBytes: number,
): Uint8Array | undefined {
  const firsts = new Uint8Array(groups * pieceBytes);
  for (let group = 0; group < groups; group++) {
    const start = group * count * pieceBytes;
    const first = bytes.subarray(start, start + pieceBytes);
    for (let index = 1; index < count; index++) {
      const at = start + index * pieceBytes;
      if (Buffer.compare(first, bytes.subarray(at, at + pieceBytes)) !== 0) return undefined;
    }
    firsts.set(first, group * pieceBytes);
  }
  return firsts;
}

/** Integers that count from row to row, such as arange(batch), alone or beside indices that do not count. */
function countedRows(tensor: Tensor, axis: number, batch: number): Rows | undefined {
  const { dtype } = tensor;
  if (dtype !== "int64" && dtype !== "int32") return undefined;
  const numbers = numbersOf(tensor);
  const inner = elementCount(tensor.shape.slice(axis + 1));
  const rowOf = (at: number): number => Math.floor(at / inner) % batch;
  const startOf = (at: number): number => at - rowOf(at) * inner;
  const number = (at: number): number => numbers[at] ?? 0;
  const stepAt = (at: number): number => number(startOf(at) + inner) - number(startOf(at));
  if (!numbers.every((found, at) => found === number(startOf(at)) + rowOf(at) * stepAt(at))) return undefined;
  const firsts = [...numbers.keys()].filter((at) => rowOf(at) === 0);
  const shape = tensor.shape.with(axis, 1);
  return {
    kind: "counted",
    row: tensorOfNumbers(dtype, shape, firsts.map(number)),
    step: tensorOfNumbers(dtype, shape, firsts.map(stepAt)),
  };
}
