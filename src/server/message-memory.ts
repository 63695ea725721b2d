// Memory of large messages, used again: a new array for each would have the garbage collector look through the whole
// heap once in a hundred messages of 600 kB, which costs as much as receiving them.
// Invariant: memory comes back only when nobody reads it any more; what was in it is overwritten before it is shown.

/** Shorter messages are as cheap to allocate. */
export const MIN_REUSED_BYTES = 32 * 1024;
/** A message as large as this comes seldom, and would keep its memory for long. */
const MAX_REUSED_BYTES = 16 * 2 ** 20;
/** Kept in all, while nothing is received: an image of 600 kB from each of some hundred clients. */
const MAX_KEPT_BYTES = 64 * 2 ** 20;
/** Sizes are rounded up, so that messages of about one size share their memory. */
const SIZES_A_DOUBLING = 8;

export class MessageMemory {
  /** By size; the last one that came back is used first, since caches know it best. */
  readonly #kept = new Map<number, ArrayBuffer[]>();
  #keptBytes = 0;

  /** At least so many bytes, of any value. */
  take(length: number): ArrayBuffer {
    if (length > MAX_REUSED_BYTES) return newMemory(length);
    const size = roundedUp(length);
    const known = this.#kept.get(size)?.pop();
    if (known) this.#keptBytes -= size;
    return known ?? newMemory(size);
  }

  /** Takes back what take() gave; memory from elsewhere is left alone. */
  give(memory: ArrayBuffer): void {
    const size = memory.byteLength;
    if (size < MIN_REUSED_BYTES || size > MAX_REUSED_BYTES) return;
    if (size !== roundedUp(size) || this.#keptBytes + size > MAX_KEPT_BYTES) return;
    this.#keptBytes += size;
    const same = this.#kept.get(size);
    if (same) same.push(memory);
    else this.#kept.set(size, [memory]);
  }
}

/** What all protocols of a thread share. */
export const SHARED_MEMORY = new MessageMemory();

function roundedUp(length: number): number {
  const step = 2 ** Math.floor(Math.log2(length)) / SIZES_A_DOUBLING;
  return Math.ceil(length / step) * step;
}

/** Not filled with zeros. */
function newMemory(length: number): ArrayBuffer {
  return Buffer.allocUnsafeSlow(length).buffer as ArrayBuffer; // it never shares
}
