// The calls of a connection: what their clients send, and when they end.
// Source: RFC 9113, 5.1 (states), 6.1, 6.2, 6.9 (windows), 8.1 (what a request is).
// Invariant: every byte of DATA is given back to the connection's window once its sink took it, or nobody wants it.
// Not here: frames of the connection itself (connection.ts), answers (sender.ts).
import { FrameBudget } from "./frame-budget.ts";
import { HeaderBlock } from "./header-block.ts";
import type { SentField } from "./header-encoder.ts";
import { areTrailers, Headers, isRequest } from "./header-field.ts";
import { CONNECTION_WINDOW_BYTES, IDLE_FRAMES, RESETS, STREAM_WINDOW_BYTES } from "./limits.ts";
import * as h2 from "./protocol.ts";
import { broken, ConnectionError, tooMany } from "./protocol.ts";
import type { Sender } from "./sender.ts";
import type { PeerSettings } from "./settings.ts";
import { Stream, type StreamOwner, type StreamSink } from "./stream.ts";
import { StreamNumbers } from "./stream-numbers.ts";

export interface CallsOptions {
  /** Takes a new call. It may answer at once. */
  readonly open: (stream: Stream) => StreamSink;
  /** Takes a new call whose headers came to more bytes than are allowed, to refuse it; it has the first of them. */
  readonly openTooLarge: (stream: Stream, headerBytes: number) => StreamSink;
  readonly maxConcurrentStreams: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** There is something to take. Called often; must be cheap. */
  readonly wake: () => void;
}

export class Calls implements StreamOwner {
  readonly numbers = new StreamNumbers();
  /** Headers that are being read. */
  readonly headers = new HeaderBlock();
  readonly #options: CallsOptions;
  readonly #peer: PeerSettings;
  readonly #sender: Sender;
  readonly #idleFrames: FrameBudget;
  readonly #resets: FrameBudget;
  /** The time of what is being read. */
  nowMs: number;
  /** Those that were begun since somebody set it. */
  begun = 0;
  /** Streams above it are not served any more. */
  lastServed = h2.MAX_31_BITS;
  #receiveWindow = CONNECTION_WINDOW_BYTES;
  #uncredited = 0;
  /** The stream of the DATA frame that is being read; undefined if nobody wants it. */
  #dataStream: Stream | undefined;
  #dataLength = 0;

  constructor(options: CallsOptions, peer: PeerSettings, sender: Sender) {
    this.#options = options;
    this.#peer = peer;
    this.#sender = sender;
    this.nowMs = options.now();
    this.#idleFrames = new FrameBudget(IDLE_FRAMES, this.nowMs);
    this.#resets = new FrameBudget(RESETS, this.nowMs);
  }

  /** Whether the last one that is served has ended. */
  get isOver(): boolean {
    return this.lastServed !== h2.MAX_31_BITS && this.numbers.open.size === 0;
  }

  /** Where the body that is being read goes on. */
  room(): Uint8Array | undefined {
    return this.#dataStream?.sink.room?.();
  }

  /** A frame that brought nothing on. Throws if there are too many. */
  idle(): void {
    if (!this.#idleFrames.spend(this.nowMs)) tooMany("frames that bring nothing");
  }

  /** The client gives a call up. */
  giveUp(stream: Stream): void {
    if (!this.#resets.spend(this.nowMs)) tooMany("calls that are given up");
    this.#close(stream, false, false);
  }

  /** Ends all of them. */
  closeAll(): void {
    for (const stream of [...this.numbers.open.values()]) this.#close(stream, false, false);
  }

  dataBegins(id: number, length: number): void {
    if (id === 0) broken("DATA belongs to a stream");
    this.#dataLength = length;
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0)
      throw new ConnectionError(h2.FLOW_CONTROL_ERROR, "more DATA than was allowed");
    const stream = this.numbers.open.get(id);
    this.#dataStream = undefined;
    if (!stream?.receiving) {
      this.#lateData(id, stream);
      return;
    }
    stream.receiveWindow -= length;
    stream.receivedMs = this.nowMs;
    if (stream.receiveWindow < 0) this.reset(stream, h2.FLOW_CONTROL_ERROR);
    else this.#dataStream = stream;
  }

  data(piece: Uint8Array): void {
    const stream = this.#dataStream;
    if (!stream || stream.closed) return;
    if (stream.announcedBytes !== undefined) stream.announcedBytes -= piece.length;
    stream.receivedMs = this.nowMs;
    this.#idleFrames.refill();
    stream.sink.data(piece);
  }

  dataEnds(flags: number): void {
    const stream = this.#dataStream;
    this.#dataStream = undefined;
    const isLast = (flags & h2.END_STREAM) !== 0;
    if (this.#dataLength === 0 && !isLast) this.idle();
    if (!stream || stream.closed) {
      this.#creditConnection(this.#dataLength);
      return;
    }
    stream.uncredited += this.#dataLength;
    if (isLast) this.#endReceiving(stream);
    this.credit(stream);
  }

  // What the streams ask for.

  sendHeaders(stream: Stream, fields: readonly SentField[], end: boolean): void {
    this.#sender.headers(stream.id, fields, end);
    if (end) this.answered(stream);
    this.#options.wake();
  }

  sendLater(stream: Stream): void {
    // A stream that waited for its sink and not for the client is not late.
    if (!stream.isQueued) stream.sentMs = this.#options.now();
    this.#sender.enqueue(stream);
    this.#options.wake();
  }

  reset(stream: Stream, code: number): void {
    this.#close(stream, false, true);
    this.#sender.word(h2.RST_STREAM, stream.id, code);
    this.#options.wake();
  }

  /** Gives back what the sink took, in few and large updates. */
  credit(stream: Stream): void {
    const bytes = stream.uncredited;
    if (stream.isPaused && !stream.closed) return;
    stream.uncredited = 0;
    this.#creditConnection(bytes);
    if (!stream.receiving || stream.closed) return;
    stream.credited += bytes;
    if (stream.credited < STREAM_WINDOW_BYTES / 2) return;
    this.#sender.word(h2.WINDOW_UPDATE, stream.id, stream.credited);
    stream.receiveWindow += stream.credited;
    stream.credited = 0;
    this.#options.wake();
  }

  #creditConnection(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#uncredited < CONNECTION_WINDOW_BYTES / 2) return;
    this.#sender.word(h2.WINDOW_UPDATE, 0, this.#uncredited);
    this.#receiveWindow += this.#uncredited;
    this.#uncredited = 0;
    this.#options.wake();
  }

  /** DATA of a stream that takes none. */
  #lateData(id: number, stream: Stream | undefined): void {
    if (stream) this.reset(stream, h2.STREAM_CLOSED);
    else if (this.numbers.isIdle(id)) broken("DATA of a stream that was not begun");
    else if (!this.numbers.wasCut(id)) {
      this.idle();
      this.#cut(id, h2.STREAM_CLOSED);
    }
  }

  /** A HEADERS frame. */
  headersFrame(flags: number, id: number, payload: Uint8Array): void {
    if (id % 2 === 0) broken("a client's streams have odd numbers");
    if (this.headers.begin(flags, id, payload)) this.#endHeaders();
  }

  /** A CONTINUATION frame. */
  continuation(flags: number, payload: Uint8Array): void {
    if (this.headers.continue(flags, payload)) this.#endHeaders();
  }

  /** A call's headers are complete: they begin it, or they end it as trailers. */
  #endHeaders(): void {
    const { stream: id, endsStream, fields, tooLargeBytes } = this.headers;
    const stream = this.numbers.open.get(id);
    if (stream) {
      if (!stream.receiving) this.reset(stream, h2.STREAM_CLOSED);
      else if (!endsStream || tooLargeBytes > 0 || !areTrailers(fields))
        this.reset(stream, h2.PROTOCOL_ERROR);
      else this.#endReceiving(stream);
      return;
    }
    if (!this.numbers.isIdle(id)) {
      if (this.numbers.wasCut(id)) return;
      if (this.numbers.hasEnded(id))
        throw new ConnectionError(h2.STREAM_CLOSED, "HEADERS of a stream that ended");
      broken("the numbers of streams go up");
    }
    this.numbers.last = id;
    if (id > this.lastServed) return; // the client will try it elsewhere
    if (this.numbers.open.size >= this.#options.maxConcurrentStreams) {
      if (!this.#resets.spend(this.nowMs)) tooMany("calls beyond the limit");
      this.#cut(id, h2.REFUSED_STREAM);
    } else if (this.headers.dependsOnItself || (tooLargeBytes === 0 && !isRequest(fields))) {
      this.idle();
      this.#cut(id, h2.PROTOCOL_ERROR);
    } else this.#begin(id);
  }

  #begin(id: number): void {
    const { fields, endsStream, tooLargeBytes } = this.headers;
    const windows = { send: this.#peer.initialWindowBytes, receive: STREAM_WINDOW_BYTES };
    const stream = new Stream(id, new Headers(fields), this, windows);
    stream.receiving = !endsStream;
    stream.receivedMs = this.nowMs;
    const length = stream.headers.get("content-length");
    if (length !== undefined) stream.announcedBytes = Number(length);
    this.numbers.open.set(id, stream);
    this.begun++;
    this.#idleFrames.refill();
    const { open, openTooLarge } = this.#options;
    const sink = tooLargeBytes === 0 ? open(stream) : openTooLarge(stream, tooLargeBytes);
    stream.sink = sink;
    if (stream.closed) sink.closed(stream.answered);
    else if (endsStream) this.#endReceiving(stream);
  }

  #endReceiving(stream: Stream): void {
    if (stream.announcedBytes !== undefined && stream.announcedBytes !== 0) {
      this.reset(stream, h2.PROTOCOL_ERROR);
      return;
    }
    stream.receiving = false;
    stream.sink.end();
  }

  readonly answered = (stream: Stream): void => {
    const { receiving } = stream;
    this.#close(stream, true, receiving);
    // Whatever the client still sends is not wanted any more (8.1).
    if (receiving) this.#sender.word(h2.RST_STREAM, stream.id, h2.NO_ERROR);
  };

  /** The stream is over for us; frames of it may still come if the client does not know yet. */
  #close(stream: Stream, answered: boolean, isCut: boolean): void {
    if (stream.closed) return;
    this.numbers.end(stream.id, isCut);
    stream.closed = true;
    stream.answered = answered;
    stream.receiving = false;
    stream.waiting.length = 0;
    stream.waitingBytes = 0;
    this.#creditConnection(stream.uncredited);
    stream.uncredited = 0;
    stream.sent();
    if (this.isOver) this.#options.wake();
    stream.sink.closed(answered);
  }

  /** Ends a stream that nobody serves. */
  #cut(id: number, code: number): void {
    this.numbers.end(id, true);
    this.#sender.word(h2.RST_STREAM, id, code);
    this.#options.wake();
  }
}
