// The headers of one call, from HEADERS and its CONTINUATION frames.
// Source: RFC 9113, 6.2, 6.10.
// Invariant: a block is decoded whole and in order, whatever becomes of the call, since the table follows it.
import { HeaderDecoder } from "./header-decoder.ts";
import type { HeaderField } from "./header-field.ts";
import {
  HEADER_TABLE_BYTES,
  MAX_CONTINUATION_FRAMES,
  MAX_HEADER_BLOCK_BYTES,
  MAX_HEADER_LIST_BYTES,
} from "./limits.ts";
import {
  ConnectionError,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FRAME_SIZE_ERROR,
  PADDED,
  PRIORITIZED,
  PROTOCOL_ERROR,
  readUint32,
} from "./protocol.ts";

/** A dependency (4 bytes) and a weight. */
const PRIORITY_BYTES = 5;

export class HeaderBlock {
  readonly #decoder = new HeaderDecoder(HEADER_TABLE_BYTES, MAX_HEADER_LIST_BYTES);
  /** The stream whose CONTINUATION must come next; 0 if none must. */
  openStream = 0;
  stream = 0;
  endsStream = false;
  /** Whether the stream says that it depends on itself. */
  dependsOnItself = false;
  #parts: Uint8Array[] = [];
  #frames = 0;
  #bytes = 0;
  /** The fields of the block that was complete last, as far as they are allowed. */
  fields: readonly HeaderField[] = [];

  /** What those fields came to where that was more than is allowed, else 0. */
  get tooLargeBytes(): number {
    return this.#decoder.tooLargeBytes;
  }

  /** A HEADERS frame. Returns whether the block is complete. Throws ConnectionError. */
  begin(flags: number, stream: number, payload: Uint8Array): boolean {
    const isPadded = (flags & PADDED) !== 0;
    const isPrioritized = (flags & PRIORITIZED) !== 0;
    const start = (isPadded ? 1 : 0) + (isPrioritized ? PRIORITY_BYTES : 0);
    if (payload.length < start) throw new ConnectionError(FRAME_SIZE_ERROR, "HEADERS are cut off");
    const end = payload.length - (isPadded ? (payload[0] ?? 0) : 0);
    if (end < start) throw new ConnectionError(PROTOCOL_ERROR, "more padding than there is of HEADERS");
    this.stream = stream;
    this.endsStream = (flags & END_STREAM) !== 0;
    this.dependsOnItself =
      isPrioritized && (readUint32(payload, start - PRIORITY_BYTES) & 0x7fffffff) === stream;
    const part = payload.subarray(start, end);
    if ((flags & END_HEADERS) !== 0) {
      this.fields = this.#decoder.decode(part);
      return true;
    }
    this.openStream = stream;
    this.#parts = [];
    this.#frames = 0;
    this.#bytes = 0;
    this.#keep(part);
    return false;
  }

  /** A CONTINUATION frame of the same stream. Returns whether the block is complete. Throws ConnectionError. */
  continue(flags: number, payload: Uint8Array): boolean {
    this.#keep(payload);
    if ((flags & END_HEADERS) === 0) return false;
    this.fields = this.#decoder.decode(Buffer.concat(this.#parts));
    this.#parts = [];
    this.openStream = 0;
    return true;
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.length;
    this.#frames++;
    if (this.#bytes > MAX_HEADER_BLOCK_BYTES || this.#frames > MAX_CONTINUATION_FRAMES) {
      throw new ConnectionError(ENHANCE_YOUR_CALM, "the headers are too large, or in too many frames");
    }
    // A Buffer's own `slice` would be no copy.
    this.#parts.push(new Uint8Array(part));
  }
}
