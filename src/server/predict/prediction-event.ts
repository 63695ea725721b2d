// What is told of each prediction when it is over, for statistics, metrics and logs. Warm-up tells nothing.
// Invariant: queue, input, infer and output are parts of the total; a part that was not reached took no time.
import type { Problem } from "../../core/errors.ts";
import type { RunBatch } from "../../engine/engine.ts";

/** Nanoseconds of each part. */
export interface PredictionTimes {
  readonly total: number;
  /** Waiting for the engine's turn, or for others to share a run with. */
  readonly queue: number;
  /** Checking what was sent and filling in defaults. */
  readonly input: number;
  /** The engine's run. */
  readonly infer: number;
  /** Ordering what came out. */
  readonly output: number;
}

export interface PredictionEvent {
  readonly model: string;
  readonly version: bigint;
  readonly signature: string;
  /** What it was part of; undefined for a plain prediction. */
  readonly method?: "classify" | "regress" | undefined;
  /** The size of axis 0 of the first input; 1 if it has no axis. */
  readonly rows: number;
  /** Why it was not answered. */
  readonly problem: Problem | undefined;
  readonly times: PredictionTimes;
  /** The run that several predictions shared, the same object for all of them; undefined for a run of its own. */
  readonly batch: RunBatch | undefined;
}

/** Told on the hot path: must be cheap and may not throw. */
export type PredictionListener = (event: PredictionEvent) => void;

/** Takes the times of one prediction as it goes on, for the listener. */
export class Stopwatch {
  readonly #began = performance.now();
  #checked: number | undefined;
  #started: number | undefined;
  #ran: number | undefined;
  batch: RunBatch | undefined;

  /** The inputs are in order. */
  checked(): void {
    this.#checked = performance.now();
  }

  /** The engine begins. */
  started(batch: RunBatch | undefined): void {
    this.#started = performance.now();
    this.batch = batch;
  }

  /** The engine is done. */
  ran(): void {
    this.#ran = performance.now();
  }

  /** What there is to tell, now that it is over. */
  times(): PredictionTimes {
    const end = performance.now();
    const checked = this.#checked ?? end;
    const ran = this.#ran ?? end;
    // An engine that does not say when it begins has no queue; one that never began, nothing but.
    const started = this.#started ?? (this.#ran === undefined ? ran : checked);
    return {
      total: nanoseconds(end - this.#began),
      input: nanoseconds(checked - this.#began),
      queue: nanoseconds(started - checked),
      infer: nanoseconds(ran - started),
      output: nanoseconds(end - ran),
    };
  }
}

function nanoseconds(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds * 1e6));
}
