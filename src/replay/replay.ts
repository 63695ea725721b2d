// Sends a log to one or two servers and compares: B's answers with A's, or A's with those that were logged.
// Each request goes to both servers one after the other, and every other one to B first, so that neither has the warmer
// caches.
// Invariant: the log is read as it is sent; of the answers nothing is kept but figures and the first differences.

import { type AnswerComparison, compareAnswers } from "./compare-answers.ts";
import { Latencies, type LatencyFigures } from "./latencies.ts";
import { readAnswer } from "./read-answer.ts";
import type { LoggedRequest } from "./read-requests.ts";
import { type Answer, isFailure, type Target, type Timed } from "./target.ts";

export interface ReplayOptions {
  readonly requests: AsyncIterable<LoggedRequest>;
  /** One or two. */
  readonly targets: readonly Target[];
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** Requests begun each second; undefined is as many as get through. */
  readonly rate?: number | undefined;
  /** Requests to send at most. */
  readonly limit?: number | undefined;
  /** The largest relative error that counts as equal, for all floats; by default the dtype's own. */
  readonly tolerance?: number | undefined;
  /** Resolves after so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
}

export interface TargetFigures {
  readonly address: string;
  readonly answered: number;
  readonly failed: number;
  /** Milliseconds of those that were answered. */
  readonly latency: LatencyFigures | undefined;
}

export interface Difference {
  /** The request's place in the log, from 1. */
  readonly request: number;
  readonly reason: string;
}

export interface ReplayReport {
  readonly requests: number;
  readonly seconds: number;
  readonly targets: readonly TargetFigures[];
  /** What the answers were compared with; undefined if there was nothing. */
  readonly reference: string | undefined;
  readonly compared: number;
  readonly different: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
  /** The largest error relative to the largest value of its output. */
  readonly largestError: number;
}

/** As many differences as somebody reads. */
const MAX_TOLD = 10;

/** Sends all requests. Rejects if the log cannot be read. */
export async function replay(options: ReplayOptions): Promise<ReplayReport> {
  const { targets, now } = options;
  const run = new Run(targets);
  const began = now();
  const source = options.requests[Symbol.asyncIterator]();
  const turn = new Turns(options, began);
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;
  // Workers take from one log in turn: reading is asynchronous and must not overlap.
  const next = (): Promise<{ readonly at: number; readonly request: LoggedRequest } | undefined> => {
    const step = last.then(async () => {
      if (count >= (options.limit ?? Number.POSITIVE_INFINITY)) return undefined;
      const result = await source.next();
      if (result.done) return undefined;
      await turn.wait(count);
      return { at: ++count, request: result.value };
    });
    last = step.catch(() => undefined);
    return step;
  };
  const work = async (): Promise<void> => {
    for (let one = await next(); one; one = await next())
      await run.send(one.at, one.request, options.tolerance);
  };
  await Promise.all(Array.from({ length: options.concurrency }, work));
  return run.report(count, (now() - began) / 1000);
}

/** Begins requests at a steady rate, whenever earlier ones are answered. */
class Turns {
  readonly #options: ReplayOptions;
  readonly #began: number;

  constructor(options: ReplayOptions, began: number) {
    this.#options = options;
    this.#began = began;
  }

  async wait(count: number): Promise<void> {
    const { rate, pause, now } = this.#options;
    if (rate === undefined) return;
    const late = this.#began + (count * 1000) / rate - now();
    if (late > 0) await pause(late);
  }
}

class Run {
  readonly #targets: readonly Target[];
  readonly #latencies: readonly Latencies[];
  readonly #failed: number[];
  readonly #differences: Difference[] = [];
  #compared = 0;
  #different = 0;
  #largestError = 0;

  constructor(targets: readonly Target[]) {
    this.#targets = targets;
    this.#latencies = targets.map(() => new Latencies());
    this.#failed = targets.map(() => 0);
  }

  async send(at: number, request: LoggedRequest, tolerance: number | undefined): Promise<void> {
    const answers = new Map<number, Answer>();
    const order = [...this.#targets.keys()];
    for (const index of at % 2 === 0 ? order.reverse() : order) {
      const target = this.#targets[index];
      if (target) answers.set(index, this.#take(index, await target.send(request)));
    }
    const [first, second] = [answers.get(0), answers.get(1)];
    if (!first) return;
    if (second) this.#compare(at, compareAnswers(first, second, tolerance));
    else if (request.response && this.#targets.length === 1) {
      this.#compare(at, compareAnswers(await readAnswer(request.method, request.response), first, tolerance));
    }
  }

  report(requests: number, seconds: number): ReplayReport {
    const two = this.#targets.length > 1;
    return {
      requests,
      seconds,
      targets: this.#targets.map(({ address }, index) => ({
        address,
        answered: this.#latencies[index]?.count ?? 0,
        failed: this.#failed[index] ?? 0,
        latency: this.#latencies[index]?.figures(),
      })),
      reference: two ? this.#targets[0]?.address : this.#compared > 0 ? "the log" : undefined,
      compared: this.#compared,
      different: this.#different,
      differences: this.#differences,
      largestError: this.#largestError,
    };
  }

  #take(index: number, { answer, milliseconds }: Timed): Answer {
    if (isFailure(answer)) this.#failed[index] = (this.#failed[index] ?? 0) + 1;
    else this.#latencies[index]?.add(milliseconds);
    return answer;
  }

  #compare(request: number, { isEqual, relativeError, reason = "" }: AnswerComparison): void {
    this.#compared++;
    this.#largestError = Math.max(this.#largestError, relativeError);
    if (isEqual) return;
    this.#different++;
    if (this.#differences.length < MAX_TOLD) this.#differences.push({ request, reason });
  }
}
