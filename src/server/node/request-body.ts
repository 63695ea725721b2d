// A request's body as pieces, as the connection brings them.
// Invariant: at most MAX_WAITING_BYTES wait to be read, and whatever the socket brought at once. Pieces are copies, as the
// connection's memory is used again; a taker is given them where they lie, and nothing is read while it rests. What came
// with the head is copied only if nobody takes it at once.

import { FerryError, problem } from "../../core/errors.ts";
import { copyOf } from "../lent-bytes.ts";
import type { BodyTaker } from "../rest/message.ts";
import { HURRY_MS } from "./socket-reader.ts";

/** Past this the socket is not read any further until somebody takes something. */
const MAX_WAITING_BYTES = 64 * 1024;

const DONE: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** What brings the pieces. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** Brings what it has left for later; false if it leaves nothing. */
  hurry(): boolean;
}

/** Who takes all of it, and whoever waits for that. */
interface Taking {
  readonly taker: BodyTaker;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Whether the taker wants nothing for now. */
  rests: boolean;
}

/**
 * The pieces, once. Iterating throws if the client goes before the body is complete, and REQUEST_STALLED if nothing comes
 * for `idleMs` while somebody waits; 0 waits for ever.
 */
export class RequestBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  /** Whether all of it came. */
  isComplete = false;
  readonly #source: BodySource;
  readonly #idleMs: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Whether what waits is the source's memory still. */
  #isLent = true;
  #paused = false;
  #unwanted = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #taking: Taking | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waitingSince: number | undefined;

  constructor(source: BodySource, idleMs: number) {
    this.#source = source;
    this.#idleMs = idleMs;
  }

  /** The same pieces for a taker; this or the other is done. */
  giveTo(taker: BodyTaker): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#taking = { taker, resolve, reject, rests: false };
      this.#giveWaiting(this.#taking);
    });
  }

  /** For the source: where the taker wants the next piece, if anywhere. */
  room(): Uint8Array | undefined {
    return this.isComplete || this.#unwanted ? undefined : this.#taking?.taker.room?.();
  }

  /** For the source: what came so far is its own again from now on, as are all later pieces after each push. */
  endLending(): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    this.#waiting = this.#waiting.map(copyOf);
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#pause();
  }

  /** For the source: how many of the next bytes are of no use before all of them are there. */
  least(): number {
    return this.isComplete || this.#unwanted ? 1 : (this.#taking?.taker.least?.() ?? 1);
  }

  /** For the source: the next piece. */
  push(piece: Uint8Array): void {
    if (this.#unwanted) return;
    const taking = this.#taking;
    if (taking && !taking.rests && this.#waiting.length === 0) {
      if (this.#give(taking, piece)) this.#beginWait();
      return;
    }
    this.#waiting.push(this.#isLent ? piece : copyOf(piece));
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes >= MAX_WAITING_BYTES && !this.#isLent) this.#pause();
    this.#wake?.();
  }

  /** For the source: there is no more. */
  complete(): void {
    this.isComplete = true;
    clearTimeout(this.#timer);
    this.#goOn();
  }

  /** For the source: there will be no more, though it is not complete. */
  fail(error: Error): void {
    this.#error ??= error;
    clearTimeout(this.#timer);
    this.#goOn();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#waiting.length === 0) {
      this.#resume();
      if (this.isComplete || this.#unwanted) return DONE;
      if (this.#error) throw this.#error;
      await this.#wait();
    }
    const piece = this.#takeWaiting();
    const value = this.#isLent ? copyOf(piece) : piece;
    if (this.#waitingBytes < MAX_WAITING_BYTES) this.#resume();
    return { done: false, value };
  }

  /** Whoever stops early leaves the rest to be thrown away, so that the answer can be sent. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.throwAway();
    return DONE;
  }

  /** Nobody reads any of it from now on. */
  throwAway(): void {
    this.#unwanted = true;
    this.#waiting = [];
    this.#waitingBytes = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#resume();
  }

  /** Whoever waits for the body learns what there is. */
  #goOn(): void {
    this.#wake?.();
    if (this.#taking && !this.#taking.rests) this.#giveWaiting(this.#taking);
  }

  /** Gives the taker what waits; then more is read, or all of it was taken. */
  #giveWaiting(taking: Taking): void {
    while (this.#waiting.length > 0) if (!this.#give(taking, this.#takeWaiting())) return;
    this.#resume();
    if (this.isComplete || this.#unwanted) taking.resolve();
    else if (this.#error) taking.reject(this.#error);
    else this.#beginWait();
  }

  /** False if nothing more may be given for now. */
  #give(taking: Taking, piece: Uint8Array): boolean {
    try {
      const rest = taking.taker.take(piece);
      if (!rest) return true;
      taking.rests = true;
      this.#waitingSince = undefined;
      this.#pause();
      rest.then(
        () => {
          taking.rests = false;
          this.#giveWaiting(taking);
        },
        (error) => this.#stopGiving(taking, error),
      );
    } catch (error) {
      this.#stopGiving(taking, error);
    }
    return false;
  }

  #stopGiving(taking: Taking, error: unknown): void {
    this.#taking = undefined;
    this.throwAway();
    taking.reject(error);
  }

  #takeWaiting(): Uint8Array {
    const piece = this.#waiting.shift() as Uint8Array; // there is one
    this.#waitingBytes -= piece.length;
    return piece;
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }

  async #wait(): Promise<void> {
    this.#beginWait();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#waitingSince = undefined;
  }

  #beginWait(): void {
    if (this.#idleMs === 0) return;
    this.#waitingSince = performance.now();
    this.#timer ??= setTimeout(() => this.#lookAtClock(), this.#idleMs);
  }

  /** One timer serves the whole body: it is set again for as long as there still is to wait. */
  #lookAtClock(): void {
    const now = performance.now();
    const milliseconds = this.#idleMs;
    const left = (this.#waitingSince ?? now) + milliseconds - now;
    const soon = left > 0 ? Math.ceil(left) : this.#source.hurry() ? HURRY_MS : 0;
    if (soon > 0) this.#timer = setTimeout(() => this.#lookAtClock(), soon);
    else this.fail(new FerryError([problem("REQUEST_STALLED", { milliseconds })]));
  }
}
