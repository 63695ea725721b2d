// Counts and times of all predictions since the server began, by model and version.
// Meaning of the numbers: Triton's statistics extension, whose differences tools such as perf_analyzer take. Versions
// that are gone are forgotten, so that a server that switches for months holds a bounded number.
// Not here: who asks (open-inference/), histograms of them (metrics/).
import type { Clock } from "../clock.ts";
import type { PredictionEvent, PredictionTimes } from "./prediction-event.ts";

/** How often something happened, and the nanoseconds it took in all. */
export interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** Runs of one batch size. */
export interface BatchSizeStatistics {
  readonly rows: number;
  readonly input: Duration;
  readonly infer: Duration;
  readonly output: Duration;
}

export interface VersionStatistics {
  readonly model: string;
  readonly version: bigint;
  /** Milliseconds since 1970; 0 if there was none. */
  readonly lastInferenceMs: number;
  /** Rows that were answered. */
  readonly inferences: number;
  /** Runs of the engine. */
  readonly executions: number;
  /** Whole requests. */
  readonly success: Duration;
  readonly fail: Duration;
  /** Parts of those that were answered. */
  readonly queue: Duration;
  readonly input: Duration;
  readonly infer: Duration;
  readonly output: Duration;
  readonly batchSizes: readonly BatchSizeStatistics[];
}

/** Batch sizes that are told apart for one version; clients that send any size would make a list without end. */
const MAX_BATCH_SIZES = 256;
/** Versions of one model whose counts are kept, far more than are served at once; the first one asked is forgotten. */
const MAX_VERSIONS = 1000;

/** What is known of a version; zeros if nobody asked it yet. */
export type StatisticsOf = (model: string, version: bigint) => VersionStatistics;

/** Where the counts of all threads are had from. */
export interface StatisticsSource {
  /** As they are now. */
  read(): Promise<StatisticsOf>;
}

class Sum implements Duration {
  count = 0;
  ns = 0;

  add(ns: number): void {
    this.count++;
    this.ns += ns;
  }
}

interface BatchSizeSums {
  readonly rows: number;
  readonly input: Sum;
  readonly infer: Sum;
  readonly output: Sum;
}

class VersionCounts implements VersionStatistics {
  readonly model: string;
  readonly version: bigint;
  lastInferenceMs = 0;
  inferences = 0;
  executions = 0;
  readonly success = new Sum();
  readonly fail = new Sum();
  readonly queue = new Sum();
  readonly input = new Sum();
  readonly infer = new Sum();
  readonly output = new Sum();
  readonly #bySize = new Map<number, BatchSizeSums>();
  /** Shared runs that are counted already. */
  readonly #batches = new WeakSet<object>();

  constructor(model: string, version: bigint) {
    this.model = model;
    this.version = version;
  }

  get batchSizes(): readonly BatchSizeStatistics[] {
    return [...this.#bySize.values()].sort((a, b) => a.rows - b.rows);
  }

  add({ rows, problem, times, batch }: PredictionEvent, nowMs: number): void {
    this.lastInferenceMs = nowMs;
    if (problem) {
      this.fail.add(times.total);
      return;
    }
    this.success.add(times.total);
    this.inferences += rows;
    this.queue.add(times.queue);
    this.input.add(times.input);
    this.infer.add(times.infer);
    this.output.add(times.output);
    if (batch && this.#batches.has(batch)) return;
    if (batch) this.#batches.add(batch);
    this.executions++;
    this.#addRun(batch?.rows ?? rows, times);
  }

  #addRun(rows: number, times: PredictionTimes): void {
    let sums = this.#bySize.get(rows);
    if (!sums) {
      if (this.#bySize.size === MAX_BATCH_SIZES) return;
      sums = { rows, input: new Sum(), infer: new Sum(), output: new Sum() };
      this.#bySize.set(rows, sums);
    }
    sums.input.add(times.input);
    sums.infer.add(times.infer);
    sums.output.add(times.output);
  }
}

export class Statistics implements StatisticsSource {
  readonly #clock: Clock;
  /** Versions by model, in the order they were first asked. */
  readonly #models = new Map<string, Map<bigint, VersionCounts>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a prediction; give it to the manager as a listener. */
  readonly listener = (event: PredictionEvent): void => {
    this.#counts(event.model, event.version).add(event, this.#clock.now());
  };

  /** What is known of a version; zeros if nobody asked it yet. */
  of(model: string, version: bigint): VersionStatistics {
    return this.#models.get(model)?.get(version) ?? new VersionCounts(model, version);
  }

  /** The counts of every version, as data that can be sent to another thread. */
  all(): readonly VersionStatistics[] {
    return [...this.#models.values()].flatMap((versions) => [...versions.values()].map(plainStatistics));
  }

  async read(): Promise<StatisticsOf> {
    return (model, version) => this.of(model, version);
  }

  #counts(model: string, version: bigint): VersionCounts {
    let versions = this.#models.get(model);
    if (!versions) {
      versions = new Map();
      this.#models.set(model, versions);
    }
    const known = versions.get(version);
    if (known) return known;
    const counts = new VersionCounts(model, version);
    versions.set(version, counts);
    const [oldest] = versions.keys();
    if (versions.size > MAX_VERSIONS && oldest !== undefined) versions.delete(oldest);
    return counts;
  }
}

function plainStatistics(counts: VersionStatistics): VersionStatistics {
  const { model, version, lastInferenceMs, inferences, executions, batchSizes } = counts;
  const { success, fail, queue, input, infer, output } = counts;
  const durations = { success, fail, queue, input, infer, output };
  return { model, version, lastInferenceMs, inferences, executions, batchSizes, ...durations };
}
