// Tensors. A weight stays on disk until it is written: `Tensor` says what it is, `read` fetches the bytes.
// Layout: little-endian, row-major, no padding; a bool is one byte 0 or 1; complex is interleaved (re, im).
// Invariant: tensors are immutable, and the same object means the same contents. The writer stores one object once,
// and `derived` tensors (a transposed weight, a folded one) are computed when they are written.
// Not here: arithmetic on elements (graph/evaluate), files (core/byte-source.ts).
import type { ByteSource } from "../core/byte-source.ts";
import { BYTES_PER_ELEMENT, type DType } from "./dtype.ts";

export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Bytes of the contents; for strings the sum of their lengths. */
  readonly byteLength: number;
  /** The contents. Callers must not write to the result. Large tensors: each call may read from disk again. */
  read(): Uint8Array;
  /**
   * Fills `target` with the contents from byte `from` on; only where they lie in a file, as they are or to be changed
   * each for itself, so that they can be taken in pieces and into memory that is there.
   */
  readonly readInto?: (target: Uint8Array, from: number) => void;
  /** Elements of a string tensor (raw bytes, usually UTF-8), only when dtype is "string". */
  readonly strings?: readonly Uint8Array[];
  /** The permutation that made this tensor from another, if `transposed` made it. */
  readonly transposeOf?: { readonly base: Tensor; readonly perm: readonly number[] };
  /** The tensor whose bytes these are under another shape, if `reshaped` made it. */
  readonly reshapeOf?: Tensor;
}

export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** A tensor whose bytes are in memory. */
export function tensorFromBytes(dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
  const byteLength = elementCount(shape) * BYTES_PER_ELEMENT[dtype];
  if (bytes.byteLength !== byteLength) {
    throw new RangeError(`${dtype}[${shape.join(",")}] needs ${byteLength} bytes, ${bytes.byteLength} given`);
  }
  return { dtype, shape, byteLength, read: () => bytes };
}

/** A tensor that lies contiguously in a source, read when it is asked for. */
export function tensorFromSource(
  dtype: DType,
  shape: readonly number[],
  source: ByteSource,
  offset: number,
): Tensor {
  const byteLength = elementCount(shape) * BYTES_PER_ELEMENT[dtype];
  const read = () => source.read(offset, byteLength);
  if (!source.readInto) return { dtype, shape, byteLength, read };
  const readInto = (target: Uint8Array, from: number) => source.readInto?.(offset + from, target);
  return { dtype, shape, byteLength, read, readInto };
}

/**
 * A tensor that is computed each time it is read; `compute` must be pure. While one is computed, each tensor that it is
 * derived from, however often and over however many steps, is computed once: a chain that uses every step twice would
 * otherwise cost two to the power of its length.
 */
export function derivedTensor(dtype: DType, shape: readonly number[], compute: () => Uint8Array): Tensor {
  const byteLength = elementCount(shape) * BYTES_PER_ELEMENT[dtype];
  return { dtype, shape, byteLength, read: () => computeOnce(compute) };
}

/** What has been computed for the read that is under way; reading never waits, so that there is one at most. */
let underWay: Map<() => Uint8Array, Uint8Array> | undefined;

function computeOnce(compute: () => Uint8Array): Uint8Array {
  if (underWay) {
    const known = underWay.get(compute);
    if (known) return known;
    const bytes = compute();
    underWay.set(compute, bytes);
    return bytes;
  }
  underWay = new Map();
  try {
    return compute();
  } finally {
    underWay = undefined;
  }
}

/** A tensor of strings. */
export function tensorFromStrings(shape: readonly number[], strings: readonly Uint8Array[]): Tensor {
  if (strings.length !== elementCount(shape)) {
    throw new RangeError(
      `string[${shape.join(",")}] needs ${elementCount(shape)} strings, ${strings.length} given`,
    );
  }
  const byteLength = strings.reduce((sum, text) => sum + text.byteLength, 0);
  return { dtype: "string", shape, byteLength, strings, read: () => concat(strings, byteLength) };
}

function concat(parts: readonly Uint8Array[], byteLength: number): Uint8Array {
  const all = new Uint8Array(byteLength);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}
