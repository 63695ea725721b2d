// The statistics of several threads as one.
// Not here: asking the threads (workers/).
import type { BatchSizeStatistics, Duration, StatisticsOf, VersionStatistics } from "./statistics.ts";

/** Each thread's counts of a version, added up. `others` holds any versions. */
export function mergeStatistics(own: StatisticsOf, others: readonly VersionStatistics[]): StatisticsOf {
  const byVersion = new Map<string, VersionStatistics[]>();
  for (const one of others) {
    const key = keyOf(one.model, one.version);
    byVersion.set(key, [...(byVersion.get(key) ?? []), one]);
  }
  return (model, version) => (byVersion.get(keyOf(model, version)) ?? []).reduce(sum, own(model, version));
}

function keyOf(model: string, version: bigint): string {
  return `${version}/${model}`;
}

function sum(a: VersionStatistics, b: VersionStatistics): VersionStatistics {
  return {
    model: a.model,
    version: a.version,
    lastInferenceMs: Math.max(a.lastInferenceMs, b.lastInferenceMs),
    inferences: a.inferences + b.inferences,
    executions: a.executions + b.executions,
    success: add(a.success, b.success),
    fail: add(a.fail, b.fail),
    queue: add(a.queue, b.queue),
    input: add(a.input, b.input),
    infer: add(a.infer, b.infer),
    output: add(a.output, b.output),
    batchSizes: sumBySize([...a.batchSizes, ...b.batchSizes]),
  };
}

function sumBySize(all: readonly BatchSizeStatistics[]): readonly BatchSizeStatistics[] {
  const bySize = new Map<number, BatchSizeStatistics>();
  for (const one of all) {
    const { rows } = one;
    const before = bySize.get(rows);
    const together = before && {
      rows,
      input: add(before.input, one.input),
      infer: add(before.infer, one.infer),
      output: add(before.output, one.output),
    };
    bySize.set(rows, together ?? one);
  }
  return [...bySize.values()].sort((a, b) => a.rows - b.rows);
}

function add(a: Duration, b: Duration): Duration {
  return { count: a.count + b.count, ns: a.ns + b.ns };
}
