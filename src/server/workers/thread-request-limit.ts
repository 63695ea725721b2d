// How many requests may be in flight at once over all threads; counts them also where there is no limit.
import { type Problem, problem } from "../../core/errors.ts";
import type { RequestCount } from "../limits/request-limit.ts";
import { enterRequest, leaveRequest } from "./cells.ts";

export class ThreadRequestLimit implements RequestCount {
  readonly #cells: Int32Array;
  readonly #worker: number;
  readonly #max: number;

  /** 0 is no limit. */
  constructor(cells: Int32Array, worker: number, maxRequestsInFlight = 0) {
    this.#cells = cells;
    this.#worker = worker;
    this.#max = maxRequestsInFlight > 0 ? maxRequestsInFlight : Number.POSITIVE_INFINITY;
  }

  enter(): Problem | undefined {
    if (enterRequest(this.#cells, this.#worker, this.#max)) return undefined;
    return problem("TOO_MANY_REQUESTS", { limit: this.#max });
  }

  leave(): void {
    leaveRequest(this.#cells, this.#worker);
  }
}
