import { describe, expect, it } from "vitest";
import { problem } from "../../core/errors.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import type { PredictionEvent } from "./prediction-event.ts";
import { Statistics } from "./statistics.ts";

const TIMES = { total: 100, queue: 40, input: 10, infer: 45, output: 5 };
const EVENT: PredictionEvent = {
  model: "m",
  version: 1n,
  signature: "serving_default",
  rows: 2,
  problem: undefined,
  times: TIMES,
  batch: undefined,
};

/** Statistics that were told of these. */
function toldOf(...events: readonly Partial<PredictionEvent>[]): Statistics {
  const statistics = new Statistics(new FakeClock());
  for (const event of events) statistics.listener({ ...EVENT, ...event });
  return statistics;
}

describe("statistics", () => {
  it("count rows, runs and nanoseconds, each version for itself", () => {
    const statistics = toldOf({}, { rows: 3 }, { version: 2n });
    expect(statistics.of("m", 1n)).toMatchObject({
      inferences: 5,
      executions: 2,
      success: { count: 2, ns: 200 },
      queue: { count: 2, ns: 80 },
      infer: { count: 2, ns: 90 },
    });
    expect(statistics.of("m", 1n).batchSizes).toMatchObject([
      { rows: 2, infer: { count: 1, ns: 45 } },
      { rows: 3, infer: { count: 1, ns: 45 } },
    ]);
    expect(statistics.of("m", 2n).inferences).toBe(2);
    expect(statistics.of("m", 3n)).toMatchObject({ inferences: 0, lastInferenceMs: 0 });
  });

  it("count a run that was shared once, by the size it had", () => {
    const batch = { rows: 8 };
    const { inferences, executions, batchSizes } = toldOf({ batch }, { batch }, { batch: { rows: 8 } }).of(
      "m",
      1n,
    );
    expect({ inferences, executions }).toEqual({ inferences: 6, executions: 2 });
    expect(batchSizes).toMatchObject([{ rows: 8, infer: { count: 2, ns: 90 } }]);
  });

  it("tell failures apart, which have no parts", () => {
    const failure = problem("PREDICT_TIMED_OUT", {});
    expect(toldOf({ problem: failure }).of("m", 1n)).toMatchObject({
      inferences: 0,
      executions: 0,
      success: { count: 0, ns: 0 },
      fail: { count: 1, ns: 100 },
      infer: { count: 0, ns: 0 },
    });
  });

  it("hold a bounded number of versions and batch sizes", () => {
    const many = Array.from({ length: 2000 }, (_, index) => ({ version: BigInt(index), rows: 1 }));
    const statistics = toldOf(
      ...many,
      ...many.map(({ version }) => ({ version: 5000n, rows: Number(version) })),
    );
    expect(statistics.of("m", 0n).inferences).toBe(0);
    expect(statistics.of("m", 1999n).inferences).toBe(1);
    expect(statistics.of("m", 5000n).batchSizes).toHaveLength(256);
    expect(statistics.of("m", 5000n).executions).toBe(2000);
  });
});
