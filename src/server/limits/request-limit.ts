// How many requests may be in flight at once; more are refused at once, so that those that are in come out in time.
// Invariant: what enters leaves exactly once.
import { type Problem, problem } from "../../core/errors.ts";

/** Where requests are counted in and out. */
export interface RequestCount {
  /** Counts a request in; `leave` counts it out. A problem if there are enough. */
  enter(): Problem | undefined;
  leave(): void;
}

export class RequestLimit implements RequestCount {
  readonly #max: number;
  #inFlight = 0;

  /** 0 is no limit. */
  constructor(maxRequestsInFlight = 0) {
    this.#max = maxRequestsInFlight > 0 ? maxRequestsInFlight : Number.POSITIVE_INFINITY;
  }

  /** Counts a request in; `leave` counts it out. A problem if there are enough. */
  enter(): Problem | undefined {
    if (this.#inFlight >= this.#max) return problem("TOO_MANY_REQUESTS", { limit: this.#max });
    this.#inFlight++;
    return undefined;
  }

  leave(): void {
    this.#inFlight--;
  }
}
