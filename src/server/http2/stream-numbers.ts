// Which streams there are, and what became of those that ended lately.
// Source: RFC 9113, 5.1, 5.1.1 (a client's numbers are odd and go up).
import { REMEMBERED_STREAMS } from "./limits.ts";
import type { Stream } from "./stream.ts";

export class StreamNumbers {
  readonly open = new Map<number, Stream>();
  /** The highest that was begun. */
  last = 0;
  /** Those that ended, the oldest overwritten; below zero those that we cut, whose frames may still be on their way. */
  readonly #ended = new Int32Array(REMEMBERED_STREAMS);
  #next = 0;

  /** Forgets a stream but for how it ended. */
  end(id: number, isCut: boolean): void {
    this.open.delete(id);
    this.#ended[this.#next] = isCut ? -id : id;
    this.#next = (this.#next + 1) % REMEMBERED_STREAMS;
  }

  /** Whether the client has not begun it. */
  isIdle(id: number): boolean {
    return id > this.last || id % 2 === 0;
  }

  /** Whether it was cut by us not long ago. */
  wasCut(id: number): boolean {
    return this.#ended.includes(-id);
  }

  /** Whether it ended not long ago in some other way. */
  hasEnded(id: number): boolean {
    return this.#ended.includes(id);
  }
}
