// One call of a connection, as whoever answers it sees it.
// Source: RFC 9113, 5.1 (states), 5.2 (flow control).
// Invariant: its sink is told of the end exactly once, also where the connection breaks.
// Not here: when what waits is sent (sender.ts), what the client sends (connection.ts).

import type { SentField } from "./header-encoder.ts";
import type { Headers } from "./header-field.ts";
import { CANCEL } from "./protocol.ts";

/** Takes what the client sends. */
export interface StreamSink {
  /** A piece of the body. It is the caller's again afterwards. */
  data(piece: Uint8Array): void;
  /** The body is complete. */
  end(): void;
  /** It is over: answered to the end, or else given up by the client or cut. Nothing is told afterwards. */
  closed(answered: boolean): void;
  /** Where the body's next bytes will lie, so that they can be read there at once. */
  room?(): Uint8Array | undefined;
  /** Nothing came for as long as is allowed. A sink that does not ask waits for ever. */
  stalled?: (() => void) | undefined;
}

/** What a stream needs of its connection. */
export interface StreamOwner {
  sendHeaders(stream: Stream, fields: readonly SentField[], end: boolean): void;
  /** There is something to send. */
  sendLater(stream: Stream): void;
  reset(stream: Stream, code: number): void;
  /** The sink has room again. */
  credit(stream: Stream): void;
}

/** An answer of which more than this waits should not grow. */
const ENOUGH_WAITING_BYTES = 128 * 1024;

export class Stream {
  readonly id: number;
  readonly headers: Headers;
  readonly #owner: StreamOwner;
  sink: StreamSink = NOBODY;
  /** Whether headers were sent. */
  responded = false;
  /** Whether nothing more is sent or received. */
  closed = false;
  /** Whether that is because it was answered to the end. */
  answered = false;

  // What follows is the connection's and the sender's.
  /** Whether the client may send more. */
  receiving = true;
  receiveWindow: number;
  /** Received, and not yet taken by the sink. */
  uncredited = 0;
  /** Taken, and not yet given back to the window. */
  credited = 0;
  receivedMs = 0;
  /** The length that the client announced, less what came. */
  announcedBytes: number | undefined;
  isPaused = false;
  sendWindow: number;
  readonly waiting: Uint8Array[] = [];
  waitingBytes = 0;
  trailers: readonly SentField[] | undefined;
  isQueued = false;
  /** When something was sent last, or began to wait. */
  sentMs = 0;
  #whenDrained: (() => void) | undefined;

  constructor(
    id: number,
    headers: Headers,
    owner: StreamOwner,
    windows: { readonly send: number; readonly receive: number },
  ) {
    this.id = id;
    this.headers = headers;
    this.#owner = owner;
    this.sendWindow = windows.send;
    this.receiveWindow = windows.receive;
  }

  /** Begins the answer; `end` is all there is of it. */
  respond(fields: readonly SentField[], end = false): void {
    if (this.closed || this.responded) return;
    this.responded = true;
    this.#owner.sendHeaders(this, fields, end);
  }

  /** More of the answer; the pieces may not be written to until they were sent. */
  write(pieces: readonly Uint8Array[]): void {
    if (this.closed) return;
    for (const piece of pieces) {
      if (piece.length === 0) continue;
      this.waiting.push(piece);
      this.waitingBytes += piece.length;
    }
    this.#owner.sendLater(this);
  }

  /** The end of the answer, behind all that was written; without trailers only where something was. */
  end(trailers: readonly SentField[]): void {
    if (this.closed || this.trailers) return;
    this.trailers = trailers;
    this.#owner.sendLater(this);
  }

  /** Gives the call up. */
  reset(code = CANCEL): void {
    if (!this.closed) this.#owner.reset(this, code);
  }

  /** The client may send no more than it was allowed until now. */
  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#owner.credit(this);
  }

  /** Whether the answer is longer than what should wait. */
  get isFull(): boolean {
    return this.waitingBytes > ENOUGH_WAITING_BYTES;
  }

  /** Resolves when more may be written, or the stream is closed. */
  drained(): Promise<void> {
    if (this.closed || !this.isFull) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenDrained = resolve;
    });
  }

  /** The sender's: something was sent. */
  sent(): void {
    if (!this.#whenDrained || (this.isFull && !this.closed)) return;
    this.#whenDrained();
    this.#whenDrained = undefined;
  }
}

const NOBODY: StreamSink = { data: () => undefined, end: () => undefined, closed: () => undefined };
