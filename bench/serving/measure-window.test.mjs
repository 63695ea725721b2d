import { expect, it } from "vitest";
import { callTimes } from "./call-times.mjs";
import { measureWindow } from "./measure-window.mjs";

const SHORT = { warmUpMs: 1, windowMs: 5, pids: [] };

it("begins when every caller was answered once, and ends when all of them rest", async () => {
  const calls = [0, 0];
  let open = 0;
  const caller = (index) => (done) => {
    calls[index] += 1;
    open += 1;
    setImmediate(() => {
      open -= 1;
      done();
    });
  };
  const slow = (done) => setTimeout(() => caller(1)(done), 20);
  const figures = await measureWindow([caller(0), slow], SHORT);
  expect(open).toBe(0);
  expect(calls[1]).toBeGreaterThanOrEqual(2); // one before the window, one that it ended with or that ended after it
  expect(figures.callsPerSecond).toBeGreaterThan(0);
  expect(figures.p50Ms).toBeLessThanOrEqual(figures.p99Ms);
});

it("ends with the error of a call", async () => {
  let calls = 0;
  const failing = (done) => setImmediate(() => done(++calls === 3 ? new Error("refused") : undefined));
  await expect(measureWindow([failing], { ...SHORT, windowMs: 10_000 })).rejects.toThrow("refused");
});

it("makes a number of calls by several callers", async () => {
  let calls = 0;
  const caller = (done) => {
    calls += 1;
    setImmediate(done);
  };
  await callTimes([caller, caller, caller], 10);
  expect(calls).toBe(10);
  const failing = (done) => setImmediate(() => done(new Error("refused")));
  await expect(callTimes([failing], 2)).rejects.toThrow("refused");
});
