// A request's body as pieces, as they come from the socket.
// node:stream's own iterator does the same at several times the cost a request, which small requests feel.
// Invariant: at most MAX_WAITING_BYTES wait to be read, and whatever the socket brought at once.
import type { IncomingMessage } from "node:http";
import { FerryError, problem } from "../../core/errors.ts";

/** Past this the socket is not read any further until somebody takes something. */
const MAX_WAITING_BYTES = 64 * 1024;

const DONE: IteratorResult<Uint8Array> = { done: true, value: undefined };

/**
 * The pieces, once. Iterating throws if the client goes before the body is complete, and REQUEST_STALLED if nothing comes
 * for `idleMs` while somebody waits; 0 waits for ever.
 */
export function bodyOf(incoming: IncomingMessage, idleMs = 0): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => new BodyReader(incoming, idleMs) };
}

class BodyReader implements AsyncIterator<Uint8Array> {
  readonly #incoming: IncomingMessage;
  readonly #idleMs: number;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(incoming: IncomingMessage, idleMs: number) {
    this.#incoming = incoming;
    this.#idleMs = idleMs;
    incoming.on("data", (piece: Uint8Array) => this.#take(piece));
    incoming.once("end", () => this.#end());
    incoming.once("error", (error) => this.#end(error));
    incoming.once("close", () => this.#end(new Error("the connection was closed")));
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#waiting.length === 0) {
      if (this.#error) throw this.#error;
      if (this.#ended) return DONE;
      await this.#wait();
    }
    const value = this.#waiting.shift() as Uint8Array; // there is one
    this.#waitingBytes -= value.length;
    if (this.#waitingBytes < MAX_WAITING_BYTES && this.#incoming.isPaused()) this.#incoming.resume();
    return { done: false, value };
  }

  /** Whoever stops early leaves the rest to be thrown away, so that the answer can be sent. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#waiting.length = 0;
    this.#ended = true;
    this.#incoming.removeAllListeners("data");
    this.#incoming.resume();
    return DONE;
  }

  async #wait(): Promise<void> {
    const milliseconds = this.#idleMs;
    const stalled = (): void => this.#end(new FerryError([problem("REQUEST_STALLED", { milliseconds })]));
    const timer = milliseconds > 0 ? setTimeout(stalled, milliseconds) : undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(timer);
  }

  #take(piece: Uint8Array): void {
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#incoming.pause();
    this.#wake?.();
  }

  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }
}
