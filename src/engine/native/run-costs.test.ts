import { describe, expect, it } from "vitest";
import { LoopBudget, RunCosts } from "./run-costs.ts";

function ranOnThread(costs: RunCosts, shapes: string, times: readonly number[]): void {
  for (const us of times) costs.ranOnThread(shapes, us);
}

/** A process that uses much for each run. */
function busy(): () => number {
  let usedUs = 0;
  return () => {
    usedUs += 1e6;
    return usedUs;
  };
}

describe("RunCosts", () => {
  it("tries a shape after eight runs of which one was fast, way back and forth included", () => {
    const costs = new RunCosts(busy());
    ranOnThread(costs, "a", [900, 900, 70, 900, 900, 900, 900]);
    expect(costs.isCheap("a")).toBe(false);
    ranOnThread(costs, "a", [900]);
    expect(costs.isCheap("a")).toBe(true);
    expect(costs.isCheap("b")).toBe(false);
  });

  it("never tries an expensive one on the loop", () => {
    const costs = new RunCosts(busy());
    ranOnThread(costs, "a", Array(5_000).fill(310));
    expect(costs.isCheap("a")).toBe(false);
  });

  it("tries one as soon as the machine lets a run be fast", () => {
    const costs = new RunCosts(busy());
    ranOnThread(costs, "a", Array(20).fill(2000));
    expect(costs.isCheap("a")).toBe(false);
    ranOnThread(costs, "a", [200]);
    expect(costs.isCheap("a")).toBe(true);
  });

  it("tries one whose runs are all seen late, if the process used little for each of them", () => {
    for (const [usEach, isTried] of [
      [290, true],
      [310, false],
    ] as const) {
      let usedUs = 1e6;
      const costs = new RunCosts(() => usedUs);
      for (let run = 0; run < 500; run += 1) {
        usedUs += usEach;
        costs.ranOnThread("a", 5000);
        if (run < 62) expect(costs.isCheap("a")).toBe(false);
      }
      expect(costs.isCheap("a")).toBe(isTried);
    }
  });

  it("finds out by a trial, where a busy loop saw every run late", () => {
    const costs = new RunCosts(busy());
    for (const shapes of ["cheap", "dear"]) ranOnThread(costs, shapes, Array(8).fill(290));
    for (const us of [250, 150, 90, 150]) costs.ranOnLoop("cheap", us);
    for (const us of [250, 150, 110, 150]) costs.ranOnLoop("dear", us);
    expect(costs.isCheap("cheap")).toBe(true);
    expect(costs.isCheap("dear")).toBe(false);
    ranOnThread(costs, "dear", Array(999).fill(290));
    expect(costs.isCheap("dear")).toBe(false);
  });

  it("sends a shape back that is slow on the loop, and judges it again much later", () => {
    const costs = new RunCosts(busy());
    ranOnThread(costs, "a", Array(8).fill(50));
    for (let run = 0; run < 4; run += 1) costs.ranOnLoop("a", 40);
    for (let run = 0; run < 60; run += 1) costs.ranOnLoop("a", run % 9 === 0 ? 900 : 40);
    expect(costs.isCheap("a")).toBe(true); // seven slow ones are the machine's
    costs.ranOnLoop("a", 900);
    expect(costs.isCheap("a")).toBe(false);
    ranOnThread(costs, "a", Array(999).fill(50));
    expect(costs.isCheap("a")).toBe(false);
    ranOnThread(costs, "a", [50]);
    expect(costs.isCheap("a")).toBe(true);
  });

  it("does not grow with the number of shapes", () => {
    const costs = new RunCosts(busy());
    for (let shape = 0; shape < 10_000; shape += 1) costs.ranOnThread(String(shape), 50);
    ranOnThread(costs, "a", Array(8).fill(50));
    expect(costs.isCheap("a")).toBe(true);
  });
});

describe("LoopBudget", () => {
  it("is spent within a turn and renewed with the next", async () => {
    const budget = new LoopBudget();
    budget.spend(150);
    expect(budget.isLeft).toBe(true);
    budget.spend(60);
    expect(budget.isLeft).toBe(false);
    await Promise.resolve();
    expect(budget.isLeft).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
    expect(budget.isLeft).toBe(true);
  });
});
