// What waits to be written, in as few pieces as possible: small frames stand one after the other in one block, large
// pieces of an answer stay where they are.
// Invariant: a block's bytes are never written again once they were taken, since the socket may still be reading them.
import { FRAME_HEADER_BYTES, writeFrameHeader } from "./protocol.ts";

const BLOCK_BYTES = 16 * 1024;
/** Up to here copying costs less than one more piece to write. */
const COPIED_BYTES = 4096;

export class Output {
  #pieces: Uint8Array[] = [];
  #block = new Uint8Array(BLOCK_BYTES);
  /** Of the block, what was not yet made a piece. */
  #from = 0;
  #at = 0;
  #bytes = 0;

  /** All that waits. */
  get bytes(): number {
    return this.#bytes;
  }

  frameHeader(length: number, type: number, flags: number, stream: number): void {
    this.#reserve(FRAME_HEADER_BYTES);
    writeFrameHeader(this.#block, this.#at, length, type, flags, stream);
    this.#at += FRAME_HEADER_BYTES;
    this.#bytes += FRAME_HEADER_BYTES;
  }

  add(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (bytes.length > COPIED_BYTES) {
      this.#endPiece();
      this.#pieces.push(bytes);
      return;
    }
    this.#reserve(bytes.length);
    this.#block.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** All of it, oldest first. */
  take(): Uint8Array[] {
    this.#endPiece();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }

  #endPiece(): void {
    if (this.#at > this.#from) this.#pieces.push(this.#block.subarray(this.#from, this.#at));
    this.#from = this.#at;
  }

  #reserve(count: number): void {
    if (this.#at + count <= BLOCK_BYTES) return;
    this.#endPiece();
    this.#block = new Uint8Array(BLOCK_BYTES);
    this.#from = 0;
    this.#at = 0;
  }
}
