// Bytes of a JSON string as they arrive.
// Invariant: growing copies at most COPY_LIMIT_BYTES; past that the place is taken at once, by what can still come.

/** Where the unescaped bytes of a string go. */
export interface TextSink {
  /** Appends bytes[start, end). `bodyBytesLeft` bounds what can still follow. */
  append(bytes: Uint8Array, start: number, end: number, bodyBytesLeft: number): void;
}

const FIRST_CAPACITY = 64;
/** Copying this much takes some tens of microseconds. */
const COPY_LIMIT_BYTES = 128 * 1024;

export class TextBuffer implements TextSink {
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  append(bytes: Uint8Array, start: number, end: number, bodyBytesLeft: number): void {
    const length = this.#length + (end - start);
    if (length > this.#bytes.length) this.#grow(length, bodyBytesLeft);
    if (end - start < 32) {
      for (let at = start; at < end; at++) this.#bytes[this.#length++] = bytes[at] as number;
      return;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
  }

  /** The bytes since the last call, in memory of their own. */
  take(): Uint8Array {
    const length = this.#length;
    this.#length = 0;
    if (length <= COPY_LIMIT_BYTES) return this.#bytes.slice(0, length);
    const whole = this.#bytes.subarray(0, length);
    this.#bytes = new Uint8Array(FIRST_CAPACITY);
    return whole;
  }

  #grow(least: number, bodyBytesLeft: number): void {
    const doubled = Math.max(least, this.#bytes.length * 2);
    const known = this.#length + bodyBytesLeft;
    const capacity = doubled > COPY_LIMIT_BYTES && Number.isFinite(known) ? Math.max(least, known) : doubled;
    const larger = new Uint8Array(capacity);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
