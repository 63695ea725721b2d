// Bytes of a JSON string as they arrive.
// Invariant: growing copies at most COPY_LIMIT_BYTES; past that the place is taken at once, by what can still come.

/** Where the unescaped bytes of a string go. */
export interface TextSink {
  /** Appends bytes[start, end). `bodyBytesLeft` bounds what can still follow. */
  append(bytes: Uint8Array, start: number, end: number, bodyBytesLeft: number): void;
}

/** Most strings of a request are names, and many a reader never sees one. */
const FIRST_CAPACITY = 64;
const NOTHING = Buffer.alloc(0);
/** Copying this much takes some tens of microseconds. */
const COPY_LIMIT_BYTES = 128 * 1024;

export class TextBuffer implements TextSink {
  #bytes = NOTHING;
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
    const whole = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, length);
    if (length <= COPY_LIMIT_BYTES) return whole.slice();
    this.#bytes = NOTHING;
    return whole;
  }

  /** The same as UTF-8's text. */
  takeText(): string {
    const text = this.#bytes.toString("utf8", 0, this.#length);
    this.#length = 0;
    return text;
  }

  #grow(least: number, bodyBytesLeft: number): void {
    const doubled = Math.max(least, this.#bytes.length * 2, FIRST_CAPACITY);
    const known = this.#length + bodyBytesLeft;
    const capacity = doubled > COPY_LIMIT_BYTES && Number.isFinite(known) ? Math.max(least, known) : doubled;
    const larger = Buffer.allocUnsafe(capacity);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
