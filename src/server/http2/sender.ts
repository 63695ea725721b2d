// What a connection sends: frames of its own at once, answers as far as the client's windows let them, a frame of each
// stream in turn, so that a long answer holds up no short one.
// Source: RFC 9113, 5.2, 6.9.
import { HeaderEncoder, type SentField } from "./header-encoder.ts";
import { MAX_WAITING_CONTROL_BYTES } from "./limits.ts";
import { Output } from "./output.ts";
import {
  CONTINUATION,
  ConnectionError,
  DATA,
  END_HEADERS,
  END_STREAM,
  FLOW_CONTROL_ERROR,
  FRAME_HEADER_BYTES,
  HEADERS,
  MAX_31_BITS,
  writeUint32,
} from "./protocol.ts";
import { DEFAULT_WINDOW_BYTES, type PeerSettings } from "./settings.ts";
import type { Stream } from "./stream.ts";

/** A turn of one stream. */
const TURN_BYTES = 64 * 1024;

export class Sender {
  readonly #peer: PeerSettings;
  readonly #encoder: HeaderEncoder;
  readonly #output = new Output();
  /** Streams with something to send and a window to send it, in turn. */
  readonly #queue: Stream[] = [];
  #window = DEFAULT_WINDOW_BYTES;
  #controlBytes = 0;
  readonly #four = new Uint8Array(4);

  constructor(peer: PeerSettings, repeated: Iterable<SentField>) {
    this.#peer = peer;
    this.#encoder = new HeaderEncoder(repeated);
  }

  /** Bytes of frames that wait to be taken; answers that wait for their turn are not among them. */
  get waitingBytes(): number {
    return this.#output.bytes;
  }

  /** Whether `take` would bring anything. */
  get hasMore(): boolean {
    return this.#output.bytes > 0 || (this.#window > 0 && this.#queue.length > 0);
  }

  /** Whether too many frames wait that answer the client's own, because it does not read them. */
  get isFlooded(): boolean {
    return this.#controlBytes > MAX_WAITING_CONTROL_BYTES;
  }

  /** A frame that answers one of the client's, or resets a stream. */
  control(type: number, flags: number, stream: number, payload: Uint8Array): void {
    this.raw(type, flags, stream, payload);
    this.#controlBytes += FRAME_HEADER_BYTES + payload.length;
  }

  /** The same with four bytes of payload. */
  word(type: number, stream: number, value: number): void {
    writeUint32(this.#four, 0, value);
    this.control(type, 0, stream, this.#four);
  }

  raw(type: number, flags: number, stream: number, payload: Uint8Array): void {
    this.#output.frameHeader(payload.length, type, flags, stream);
    this.#output.add(payload);
  }

  bytes(bytes: Uint8Array): void {
    this.#output.add(bytes);
  }

  headers(stream: number, fields: readonly SentField[], end: boolean): void {
    const block = this.#encoder.encode(fields);
    const max = this.#peer.maxFrameBytes;
    const isWhole = block.length <= max;
    this.raw(HEADERS, (end ? END_STREAM : 0) | (isWhole ? END_HEADERS : 0), stream, block.subarray(0, max));
    for (let from = max; from < block.length; from += max) {
      const isLast = from + max >= block.length;
      this.raw(CONTINUATION, isLast ? END_HEADERS : 0, stream, block.subarray(from, from + max));
    }
  }

  /** The client's table of headers changed. */
  resizeTable(bytes: number): void {
    this.#encoder.resize(bytes);
  }

  enlargeWindow(bytes: number): void {
    if (this.#window + bytes > MAX_31_BITS)
      throw new ConnectionError(FLOW_CONTROL_ERROR, "the window is too large");
    this.#window += bytes;
  }

  /** The stream has something to send, or its window grew. */
  enqueue(stream: Stream): void {
    if (stream.isQueued || stream.closed) return;
    if (stream.waitingBytes > 0 ? stream.sendWindow <= 0 : !stream.trailers) return;
    stream.isQueued = true;
    this.#queue.push(stream);
  }

  /**
   * Frames to be written now, about `maxBytes` of them; none if nothing may be sent. `ended` is told of each stream whose
   * answer ends with them.
   */
  take(maxBytes: number, nowMs: number, ended: (stream: Stream) => void): Uint8Array[] {
    // Streams that the connection's window holds up go on waiting in their order.
    for (let turns = this.#queue.length; turns > 0 && this.#output.bytes < maxBytes; ) {
      const stream = this.#queue.shift();
      if (!stream) break;
      stream.isQueued = false;
      if (stream.closed) continue;
      if (stream.waitingBytes > 0 && this.#window <= 0) {
        stream.isQueued = true;
        this.#queue.push(stream);
        turns--;
        continue;
      }
      this.#turn(stream, nowMs);
      if (stream.waitingBytes === 0 && stream.trailers) {
        if (stream.trailers.length > 0) this.headers(stream.id, stream.trailers, true);
        ended(stream);
      } else this.enqueue(stream);
      stream.sent();
      turns = this.#queue.length;
    }
    this.#controlBytes = 0;
    return this.#output.take();
  }

  /** One stream's next bytes, in frames that the client takes. */
  #turn(stream: Stream, nowMs: number): void {
    let left = Math.min(TURN_BYTES, stream.waitingBytes, stream.sendWindow, this.#window);
    if (left <= 0) return;
    stream.sentMs = nowMs;
    while (left > 0) {
      const length = Math.min(left, this.#peer.maxFrameBytes);
      left -= length;
      const endsAll = length === stream.waitingBytes && stream.trailers?.length === 0;
      this.#output.frameHeader(length, DATA, endsAll ? END_STREAM : 0, stream.id);
      this.#body(stream, length);
      stream.waitingBytes -= length;
      stream.sendWindow -= length;
      this.#window -= length;
    }
  }

  #body({ waiting }: Stream, length: number): void {
    let left = length;
    let used = 0;
    while (left > 0) {
      const piece = waiting[used];
      if (!piece) break;
      if (piece.length > left) {
        this.#output.add(piece.subarray(0, left));
        waiting[used] = piece.subarray(left);
        break;
      }
      this.#output.add(piece);
      left -= piece.length;
      used++;
    }
    if (used === waiting.length) waiting.length = 0;
    else if (used > 0) waiting.splice(0, used);
  }
}
