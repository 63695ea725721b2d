// The first bytes of a value, kept in case a message has to quote it.
// Invariant: a capture never holds more than its limit, however long the value is.

/** The messages quote about 256 bytes of pretty text; blanks and long numbers make raw text longer than that. */
const MAX_CAPTURE_BYTES = 4096;
const NOTHING = new Uint8Array(0);

export class Capture {
  /** Raw text from the value's first byte on; it may go on behind the value, and stop before its end. */
  bytes: Uint8Array = NOTHING;
  readonly #offset: number;

  /** `offset` is where the value begins; `known` the part of it that chunks to come no longer hold. */
  constructor(offset: number, known: Uint8Array = NOTHING) {
    this.#offset = offset;
    if (known.length > 0) this.#append(known);
  }

  /** Takes what it still misses out of a chunk that begins at `chunkOffset`. */
  take(chunk: Uint8Array, chunkOffset: number): void {
    const from = this.#offset + this.bytes.length - chunkOffset;
    if (from < 0 || from >= chunk.length || this.bytes.length === MAX_CAPTURE_BYTES) return;
    this.#append(chunk.subarray(from));
  }

  #append(more: Uint8Array): void {
    const part = more.subarray(0, MAX_CAPTURE_BYTES - this.bytes.length);
    const joined = new Uint8Array(this.bytes.length + part.length);
    joined.set(this.bytes);
    joined.set(part, this.bytes.length);
    this.bytes = joined;
  }
}
