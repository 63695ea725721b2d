import { expect, it } from "vitest";
import { inTurns, spread } from "./in-turns.mjs";

/** A way that has these rates, the last of them for ever, and writes its turns into `turns`. */
function way(name, turns, ...rates) {
  let turn = 0;
  return async () => {
    turns.push(name);
    return { callsPerSecond: rates[Math.min(turn++, rates.length - 1)] };
  };
}

it("takes turns and stops when all are stable", async () => {
  const turns = [];
  const windows = await inTurns({ a: way("a", turns, 100, 105, 102), b: way("b", turns, 50) }, 3);
  expect(turns.join("")).toBe("ababab");
  expect(windows.a.map((window) => window.callsPerSecond)).toEqual([100, 105, 102]);
});

it("goes on where one is not, and keeps the last three of each", async () => {
  const turns = [];
  const windows = await inTurns({ a: way("a", turns, 60, 100, 101, 102), b: way("b", turns, 50) }, 3);
  expect(turns.join("")).toBe("abababab");
  expect(windows.a.map((window) => window.callsPerSecond)).toEqual([100, 101, 102]);
  expect(spread(windows.a)).toBeCloseTo(0.0198, 4);
});

it("gives up after two more", async () => {
  const turns = [];
  await inTurns({ a: way("a", turns, 10, 20, 30, 40, 50, 60, 70) }, 3);
  expect(turns).toHaveLength(5);
});
