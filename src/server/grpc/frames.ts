// gRPC's length-prefixed messages out of a byte stream.
// Layout: compressed flag (1 byte), length (4 bytes, big-endian), message.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: a message's bytes are copied at most once, into one buffer; one that came in a single piece is not copied.
import { type Problem, problem } from "../../core/errors.ts";

export interface GrpcMessage {
  readonly compressed: boolean;
  readonly bytes: Uint8Array;
}

/** gRPC's own limit of what TensorFlow Serving receives: SetMaxMessageSize(INT32_MAX). */
export const DEFAULT_MAX_MESSAGE_BYTES = 2 ** 31 - 1;

export const PREFIX_BYTES = 5;

/** Says where in a message the bytes stand that had better be aligned, by the message's beginning. */
export type AlignmentHint = (beginning: Uint8Array) => number | undefined;

/** Enough for every processor's vector instructions. */
const ALIGNMENT_BYTES = 64;
/** The hint is asked with at most this much. */
const HINT_BYTES = 4096;

export class FrameReader {
  /** Complete messages, oldest first. */
  readonly messages: GrpcMessage[] = [];
  readonly maxMessageBytes: number;
  readonly #hint: AlignmentHint | undefined;
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixLength = 0;
  #message: Uint8Array | undefined;
  #filled = 0;

  constructor(maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES, hint?: AlignmentHint) {
    this.maxMessageBytes = maxMessageBytes;
    this.#hint = hint;
  }

  /** Whether the stream may end here. */
  get atBoundary(): boolean {
    return this.#prefixLength === 0 && this.#message === undefined;
  }

  /** Takes the next piece of the stream; it may keep a view of it. */
  feed(chunk: Uint8Array): Problem | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#message) {
        at += this.#fill(this.#message, chunk.subarray(at));
        continue;
      }
      while (this.#prefixLength < PREFIX_BYTES && at < chunk.length) {
        this.#prefix[this.#prefixLength++] = chunk[at++] as number;
      }
      if (this.#prefixLength < PREFIX_BYTES) return undefined;
      const length = new DataView(this.#prefix.buffer).getUint32(1);
      if (length > this.maxMessageBytes) {
        return problem("GRPC_MESSAGE_TOO_LARGE", { size: length, limit: this.maxMessageBytes });
      }
      at += this.#begin(length, chunk.subarray(at));
    }
    return undefined;
  }

  /** Begins a message of the given length. Returns how many bytes of `rest` it took. */
  #begin(length: number, rest: Uint8Array): number {
    this.#filled = 0;
    if (rest.length >= length) {
      this.#end(rest.subarray(0, length));
      return length;
    }
    const wanted = this.#hint?.(rest.subarray(0, HINT_BYTES)) ?? 0;
    const padding = (ALIGNMENT_BYTES - (wanted % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
    this.#message = new Uint8Array(length + padding).subarray(padding);
    return this.#fill(this.#message, rest);
  }

  #fill(message: Uint8Array, rest: Uint8Array): number {
    const part = rest.subarray(0, message.length - this.#filled);
    message.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === message.length) this.#end(message);
    return part.length;
  }

  #end(piece: Uint8Array): void {
    // Sockets bring Buffers, whose `slice` is no copy; whoever gets the message expects a plain array.
    const bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
    this.messages.push({ compressed: this.#prefix[0] !== 0, bytes });
    this.#message = undefined;
    this.#prefixLength = 0;
  }
}

/** The prefix of a message that is not compressed. */
export function framePrefix(length: number): Uint8Array {
  const prefix = new Uint8Array(PREFIX_BYTES);
  new DataView(prefix.buffer).setUint32(1, length);
  return prefix;
}
