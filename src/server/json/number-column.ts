// Numbers of one tensor, written one after the other into typed memory as a body arrives.
// Invariant: appending never copies more than COPY_LIMIT_BYTES. Past that size a new segment is taken, sized by how
// densely the body is written and how much of it is still to come, so that a tensor usually is one segment and needs no joining at all.
// Memory comes back only from who knows that nobody reads the numbers any more.
// Layout of int64 and uint64: pairs of 32-bit words, low word first.
// Not here: reading digits (scan-numbers.ts), shapes (tensorflow-serving/rest/tensor-builder.ts).
import type { DType } from "../../tensor/dtype.ts";
import { MIN_REUSED_BYTES, SHARED_MEMORY } from "../message-memory.ts";

export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** Growing copies at most this much at once, which takes some tens of microseconds. */
const COPY_LIMIT_BYTES = 128 * 1024;
/** Until there are so many it grows by doubling; after that they tell how many more to expect. */
const DOUBLED_BYTES = 32 * 1024;
const FIRST_CAPACITY = 16;
/** No segment is larger; 1 GiB of float32 is 268 million numbers. */
const MAX_SEGMENT_BYTES = 2 ** 30;
/** How much more than the numbers so far let expect is taken, in case the rest is written shorter. */
const HEADROOM = 1.1;
/** Joining segments copies this much between two looks at other work. */
const JOIN_SLICE_BYTES = 256 * 1024;

type ArrayOf = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): NumberArray;
};

const ARRAYS: Partial<Record<DType, ArrayOf>> = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: Uint32Array,
  uint8: Uint8Array,
  uint32: Uint32Array,
  uint64: Uint32Array,
  bool: Uint8Array,
};

export class NumberColumn {
  readonly dtype: DType;
  /** The segment being filled, and how many of its elements are. Whoever appends keeps both up to date. */
  array: NumberArray;
  length = 0;
  readonly #Array: ArrayOf;
  readonly #words: number;
  readonly #full: NumberArray[] = [];
  #fullLength = 0;
  /** Body bytes that were left when elements were first counted, and the elements there were by then. */
  #mark: { readonly left: number; readonly length: number } | undefined;

  constructor(dtype: DType, arrayOf: ArrayOf) {
    this.dtype = dtype;
    this.#Array = arrayOf;
    this.#words = dtype === "int64" || dtype === "uint64" ? 2 : 1;
    this.array = this.#newArray(FIRST_CAPACITY);
  }

  /** Bytes of an element. */
  get elementBytes(): number {
    return this.array.BYTES_PER_ELEMENT * this.#words;
  }

  /** Elements so far; an int64 counts once. */
  get count(): number {
    return (this.#fullLength + this.length) / this.#words;
  }

  /** Appends one value; the array's own conversion (wrapping, rounding) applies. */
  push(value: number, bodyBytesLeft: number): void {
    if (this.length === this.array.length) this.makeRoom(bodyBytesLeft);
    this.array[this.length++] = value;
  }

  /** Appends one 64-bit value as two words. */
  pushWords(low: number, high: number, bodyBytesLeft: number): void {
    this.push(low, bodyBytesLeft);
    this.push(high, bodyBytesLeft);
  }

  /** Appends whole elements as bytes, which were written in `textBytes` of text; `bodyBytesLeft` follow it. */
  append(elements: Uint8Array, textBytes: number, bodyBytesLeft: number): void {
    const width = this.array.BYTES_PER_ELEMENT;
    this.#mark ??= { left: bodyBytesLeft + textBytes, length: this.#fullLength + this.length };
    let at = 0;
    while (at < elements.length) {
      if (this.length === this.array.length) {
        // Of the text as much is left as of the elements.
        this.makeRoom(bodyBytesLeft + textBytes * (1 - at / elements.length));
      }
      const { array, length } = this;
      const next = Math.min(elements.length, at + (array.length - length) * width);
      new Uint8Array(array.buffer, length * width).set(elements.subarray(at, next));
      this.length = length + (next - at) / width;
      at = next;
    }
  }

  /** Makes place for more. `bodyBytesLeft` is how much text can still come; Infinity where nobody knows. */
  makeRoom(bodyBytesLeft: number): void {
    const { array, length } = this;
    const width = array.BYTES_PER_ELEMENT;
    this.#mark ??= { left: bodyBytesLeft, length: this.#fullLength + length };
    const most = Math.floor(MAX_SEGMENT_BYTES / width);
    const wanted = length * width < DOUBLED_BYTES ? array.length * 2 : this.#expected(bodyBytesLeft);
    const next = this.#newArray(Math.min(wanted, most));
    if (length * width <= COPY_LIMIT_BYTES && this.#full.length === 0) {
      next.set(array as never); // both are the same kind of array
      giveBack(array);
    } else {
      this.#full.push(array);
      this.#fullLength += length;
      this.length = 0;
    }
    this.array = next;
  }

  /** How long the whole is going to be, at least one more than it is. */
  #expected(bodyBytesLeft: number): number {
    const total = this.#fullLength + this.length;
    const { left, length } = this.#mark ?? { left: bodyBytesLeft, length: 0 };
    const rest = Math.ceil(((total - length) / (left - bodyBytesLeft)) * bodyBytesLeft * HEADROOM);
    // Without a known length, or with a wrong one, the next segment is as long as everything before it.
    if (!Number.isFinite(rest)) return total * 2;
    return this.#full.length === 0
      ? total + rest + this.#words
      : Math.max(rest, FIRST_CAPACITY) + this.#words;
  }

  /** All bytes in one piece, in slices if they have to be joined. */
  *bytes(): Generator<undefined, Uint8Array> {
    const { array } = this;
    const last = new Uint8Array(array.buffer, 0, this.length * array.BYTES_PER_ELEMENT);
    if (this.#full.length === 0) return last;
    const all = new Uint8Array((this.#fullLength + this.length) * array.BYTES_PER_ELEMENT);
    let at = 0;
    for (const segment of [...this.#full, last]) {
      const bytes = new Uint8Array(segment.buffer, 0, segment.byteLength);
      for (let from = 0; from < bytes.byteLength; from += JOIN_SLICE_BYTES) {
        const slice = bytes.subarray(from, from + JOIN_SLICE_BYTES);
        all.set(slice, at);
        at += slice.byteLength;
        yield;
      }
    }
    return all;
  }

  /** Nobody reads what bytes() gave any more, and nothing more is appended: the memory is used again. */
  giveBack(): void {
    if (this.#full.length === 0 && this.array.byteLength < MIN_REUSED_BYTES) return; // a short one's is its own
    for (const segment of [...this.#full.splice(0), this.array]) giveBack(segment);
    this.array = this.#newArray(0);
    this.length = 0;
  }

  /** Not cleared where it is long: nobody sees more of it than was written. */
  #newArray(length: number): NumberArray {
    const bytes = length * this.#Array.BYTES_PER_ELEMENT;
    const memory = bytes < MIN_REUSED_BYTES ? new ArrayBuffer(bytes) : SHARED_MEMORY.take(bytes);
    return new this.#Array(memory, 0, length);
  }
}

function giveBack({ buffer }: NumberArray): void {
  SHARED_MEMORY.give(buffer as ArrayBuffer); // a column makes no shared ones
}

/** A column for a dtype, or undefined if JSON has no numbers for it (strings, half precision, complex). */
export function numberColumn(dtype: DType): NumberColumn | undefined {
  const arrayOf = ARRAYS[dtype];
  return arrayOf && new NumberColumn(dtype, arrayOf);
}
