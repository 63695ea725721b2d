// Tensors' bytes behind the JSON of a request: cut off the body as it arrives, each into memory of its own.
// Layout: `Inference-Header-Content-Length` bytes of JSON, then the inputs' bytes in the order of the inputs, without
// padding. Source: Triton's extension_binary_data.md.
// Invariant: bytes are copied once, or read to where they belong; no memory is taken before its size was compared with
// the input's shape. Memory comes back only from who knows that nobody reads it any more.
import { copyOf } from "../../lent-bytes.ts";
import { MIN_REUSED_BYTES, SHARED_MEMORY } from "../../message-memory.ts";

/** Less is read with what follows it, and copied. */
const MIN_PLACE_BYTES = 32 * 1024;

/** How many bytes of a body are JSON; undefined if all of them are. "wrong" if the header is no number of them. */
export function headerLength(
  header: string | undefined,
  contentLength: string | undefined,
): number | undefined | "wrong" {
  if (header === undefined) return undefined;
  if (!/^\d{1,15}$/.test(header)) return "wrong";
  const length = Number(header);
  return contentLength !== undefined && length > Number(contentLength) ? "wrong" : length;
}

export class BinaryParts {
  /** Bytes of all parts. */
  readonly wanted: number;
  /** Bytes that came. */
  found = 0;
  readonly #sizes: readonly number[];
  #isGivenBack = false;
  #parts: readonly Uint8Array[] | undefined;
  /** What came before the parts were given memory. */
  #waiting: Uint8Array[] = [];
  #at = 0;
  #filled = 0;

  /** `expected` bytes are announced to come; without an announcement memory is taken when all came. */
  constructor(sizes: readonly number[], expected: number | undefined) {
    this.#sizes = sizes;
    this.wanted = sizes.reduce((sum, size) => sum + size, 0);
    if (expected === this.wanted) this.#parts = sizes.map(newPart);
  }

  /** Where the next bytes belong, if there are enough of them to be read there. */
  place(): Uint8Array | undefined {
    const part = this.#parts?.[this.#at];
    return part && part.length - this.#filled >= MIN_PLACE_BYTES ? part.subarray(this.#filled) : undefined;
  }

  /** Takes the next piece of what is behind the JSON, which may lie in its place. */
  feed(chunk: Uint8Array): void {
    this.found += chunk.length;
    // More than is wanted is an error, and nothing more need be held.
    if (this.found > this.wanted) this.#waiting = [];
    else if (this.#parts) this.#fill(this.#parts, chunk);
    else this.#waiting.push(copyOf(chunk)); // it may be lent
  }

  /** The parts; undefined unless as many bytes came as are wanted. */
  finish(): readonly Uint8Array[] | undefined {
    if (this.found !== this.wanted || this.#isGivenBack) return undefined;
    if (this.#parts) return this.#parts;
    const parts = this.#sizes.map(newPart);
    for (const chunk of this.#waiting) this.#fill(parts, chunk);
    this.#parts = parts;
    return parts;
  }

  /** Nobody reads the parts any more: their memory is used again. */
  giveBack(): void {
    for (const { buffer } of this.#parts ?? []) SHARED_MEMORY.give(buffer as ArrayBuffer); // newPart made it
    this.#parts = undefined;
    this.#isGivenBack = true;
  }

  #fill(parts: readonly Uint8Array[], chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const part = parts[this.#at];
      if (!part) return;
      const piece = chunk.subarray(from, from + part.length - this.#filled);
      const isThere = piece.buffer === part.buffer && piece.byteOffset === part.byteOffset + this.#filled;
      if (!isThere) part.set(piece, this.#filled);
      this.#filled += piece.length;
      from += piece.length;
      if (this.#filled < part.length) continue;
      this.#at++;
      this.#filled = 0;
    }
  }
}

/** Not cleared: a part is given away when all of its bytes came. */
function newPart(size: number): Uint8Array {
  return size < MIN_REUSED_BYTES ? new Uint8Array(size) : new Uint8Array(SHARED_MEMORY.take(size), 0, size);
}
