// A request's body as pieces, as the connection brings them.
// Invariant: at most MAX_WAITING_BYTES wait to be read, and whatever the socket brought at once. Pieces are copies, as the
// connection's memory is used again; for whoever is done with one before asking for the next they are that memory, and
// nothing is read as long as one is looked at.
import { FerryError, problem } from "../../core/errors.ts";

/** Past this the socket is not read any further until somebody takes something. */
const MAX_WAITING_BYTES = 64 * 1024;

const DONE: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** What brings the pieces. */
export interface BodySource {
  pause(): void;
  resume(): void;
}

/**
 * The pieces, once. Iterating throws if the client goes before the body is complete, and REQUEST_STALLED if nothing comes
 * for `idleMs` while somebody waits; 0 waits for ever.
 */
export class RequestBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  /** Whether all of it came. */
  isComplete = false;
  /** Whether pieces are handed on where they lie, one by one. */
  isPassing = false;
  readonly #source: BodySource;
  readonly #idleMs: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #paused = false;
  #unwanted = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #waitingSince: number | undefined;

  constructor(source: BodySource, idleMs: number) {
    this.#source = source;
    this.#idleMs = idleMs;
  }

  /** The same pieces, valid until the next is asked for; this or the other is read. */
  get passing(): AsyncIterable<Uint8Array> {
    const begin = (): this => {
      this.isPassing = true;
      return this;
    };
    return { [Symbol.asyncIterator]: begin };
  }

  /** For the source: the next piece, in its own memory if it was asked for where the body is passing. */
  push(piece: Uint8Array, isOwn: boolean): void {
    if (this.#unwanted) return;
    this.#waiting.push(isOwn ? piece : Uint8Array.prototype.slice.call(piece));
    this.#waitingBytes += piece.length;
    if (isOwn || this.#waitingBytes >= MAX_WAITING_BYTES) this.#pause();
    this.#wake?.();
  }

  /** For the source: there is no more. */
  complete(): void {
    this.isComplete = true;
    clearTimeout(this.#timer);
    this.#wake?.();
  }

  /** For the source: there will be no more, though it is not complete. */
  fail(error: Error): void {
    this.#error ??= error;
    clearTimeout(this.#timer);
    this.#wake?.();
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
    const value = this.#waiting.shift() as Uint8Array; // there is one
    this.#waitingBytes -= value.length;
    if (this.#waitingBytes < MAX_WAITING_BYTES && !this.isPassing) this.#resume();
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
    if (this.#idleMs > 0) {
      this.#waitingSince = performance.now();
      this.#timer ??= setTimeout(() => this.#lookAtClock(), this.#idleMs);
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#waitingSince = undefined;
  }

  /** One timer serves the whole body: it is set again for as long as there still is to wait. */
  #lookAtClock(): void {
    const now = performance.now();
    const milliseconds = this.#idleMs;
    const left = (this.#waitingSince ?? now) + milliseconds - now;
    if (left > 0) this.#timer = setTimeout(() => this.#lookAtClock(), Math.ceil(left));
    else this.fail(new FerryError([problem("REQUEST_STALLED", { milliseconds })]));
  }
}
