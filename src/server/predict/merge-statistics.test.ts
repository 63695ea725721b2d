import { expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { mergeStatistics } from "./merge-statistics.ts";
import { Statistics } from "./statistics.ts";

const times = { total: 100, queue: 10, input: 20, infer: 30, output: 40 };

function counted(clock: FakeClock, ...rows: number[]): Statistics {
  const statistics = new Statistics(clock);
  const event = { model: "m", version: 1n, signature: "s", problem: undefined, times, batch: undefined };
  for (const count of rows) statistics.listener({ ...event, rows: count });
  return statistics;
}

it("adds up what threads have counted of a version", async () => {
  const clock = new FakeClock();
  const [own, ...others] = [counted(clock, 1), counted(clock, 1, 4), counted(clock, 2)];
  const together = counted(clock, 1, 1, 4, 2);
  const of = mergeStatistics(
    await own.read(),
    others.flatMap((one) => structuredClone(one.all())),
  );
  const [expected] = together.all();
  expect(of("m", 1n)).toEqual(expected);
  expect(of("m", 2n)).toMatchObject({ inferences: 0, success: { count: 0 } });
});
