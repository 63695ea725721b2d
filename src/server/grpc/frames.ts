// gRPC's length-prefixed messages out of a byte stream.
// Layout: compressed flag (1 byte), length (4 bytes, big-endian), message.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: a message's bytes are copied at most once, into one buffer of their own; what was read into room() already
// lies there.
import { type Problem, problem } from "../../core/errors.ts";
import { MessageMemory, MIN_REUSED_BYTES } from "../message-memory.ts";

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
/** The memory of a longer message grows as it comes: a length that is only announced costs its sender nothing. */
const MAX_ANNOUNCED_BYTES = 64 * 2 ** 20;
/** Aligning less is not worth it. */
const MIN_ALIGNED_BYTES = 1024;
/** Reading straight into a message saves a copy and costs a look at where it is; less is not worth it. */
const MIN_ROOM_BYTES = MIN_REUSED_BYTES;

export class FrameReader {
  /** Complete messages, oldest first. */
  readonly messages: GrpcMessage[] = [];
  readonly maxMessageBytes: number;
  readonly #hint: AlignmentHint | undefined;
  readonly #memory: MessageMemory;
  /** Of the prefix, what has come: how many bytes, the flag, and the length so far. */
  #prefixLength = 0;
  #flag = 0;
  #length = 0;
  #message: Uint8Array | undefined;
  #filled = 0;
  /** Whether bytes may already be where they belong. */
  #givesRoom = false;

  constructor(
    maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
    hint?: AlignmentHint,
    memory = new MessageMemory(),
  ) {
    this.maxMessageBytes = maxMessageBytes;
    this.#hint = hint;
    this.#memory = memory;
  }

  /** Whether the stream may end here. */
  get atBoundary(): boolean {
    return this.#prefixLength === 0 && this.#message === undefined;
  }

  /** Where the stream's next bytes belong, if that is worth knowing; feed() then finds them there. */
  room(): Uint8Array | undefined {
    const message = this.#message;
    if (!message || message.length - this.#filled < MIN_ROOM_BYTES) return undefined;
    this.#givesRoom = true;
    return message.subarray(this.#filled);
  }

  /** Takes the next piece of the stream, of which it keeps nothing. */
  feed(chunk: Uint8Array): Problem | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#message) {
        at += this.#fill(this.#message, chunk.subarray(at));
        continue;
      }
      at = this.#readPrefix(chunk, at);
      if (this.#prefixLength < PREFIX_BYTES) return undefined;
      const length = this.#length;
      if (length > this.maxMessageBytes) {
        return problem("GRPC_MESSAGE_TOO_LARGE", { size: length, limit: this.maxMessageBytes });
      }
      at += this.#begin(length, chunk.subarray(at));
    }
    return undefined;
  }

  #readPrefix(chunk: Uint8Array, from: number): number {
    let at = from;
    while (this.#prefixLength < PREFIX_BYTES && at < chunk.length) {
      const byte = chunk[at++] ?? 0;
      if (this.#prefixLength++ === 0) {
        this.#flag = byte;
        this.#length = 0;
      } else this.#length = this.#length * 256 + byte;
    }
    return at;
  }

  /** Begins a message of the given length. Returns how many bytes of `rest` it took. */
  #begin(length: number, rest: Uint8Array): number {
    this.#filled = 0;
    this.#givesRoom = false;
    this.#message =
      length < MIN_ALIGNED_BYTES
        ? new Uint8Array(length)
        : this.#alignedBytes(
            Math.min(length, MAX_ANNOUNCED_BYTES),
            this.#hint?.(rest.subarray(0, HINT_BYTES)),
          );
    return this.#fill(this.#message, rest);
  }

  #fill(message: Uint8Array, rest: Uint8Array): number {
    const left = message.length - this.#filled;
    const part = rest.length > left ? rest.subarray(0, left) : rest;
    if (!this.#givesRoom || part.buffer !== message.buffer) message.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === this.#length) this.#end(message);
    else if (this.#filled === message.length) this.#message = this.#grown(message);
    return part.length;
  }

  #grown(message: Uint8Array): Uint8Array {
    const larger = this.#alignedBytes(Math.min(this.#length, message.length * 2), -message.byteOffset);
    larger.set(message);
    return larger;
  }

  /** So many bytes of any value, placed so that the one at `hint` is aligned. */
  #alignedBytes(length: number, hint = 0): Uint8Array {
    const padding = (ALIGNMENT_BYTES - (hint % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
    const memory =
      length < MIN_REUSED_BYTES
        ? new ArrayBuffer(length + padding)
        : this.#memory.take(length + ALIGNMENT_BYTES);
    return new Uint8Array(memory, padding, length);
  }

  #end(bytes: Uint8Array): void {
    this.messages.push({ compressed: this.#flag !== 0, bytes });
    this.#message = undefined;
    this.#prefixLength = 0;
  }
}

/** The prefix of a message that is not compressed. */
export function framePrefix(length: number): Uint8Array {
  const prefix = new Uint8Array(PREFIX_BYTES);
  prefix[1] = length >>> 24;
  prefix[2] = length >>> 16;
  prefix[3] = length >>> 8;
  prefix[4] = length;
  return prefix;
}
