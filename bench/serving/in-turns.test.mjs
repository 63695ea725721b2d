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

const rates = (windows) => windows.map((window) => window.callsPerSecond);
const besides = (windows) => rates(windows.map((window) => window.beside));

it("takes turns and stops when all are stable", async () => {
  const turns = [];
  const windows = await inTurns({ a: way("a", turns, 1, 2, 3), b: way("b", turns, 100, 105, 102) }, 3);
  expect(turns.join("")).toBe("ababab");
  expect(rates(windows.b)).toEqual([100, 105, 102]);
  expect(besides(windows.b)).toEqual([1, 2, 3]);
});

it("goes on with those that are not, beside the first, and keeps the last three of each", async () => {
  const turns = [];
  const ways = {
    a: way("a", turns, 1, 2, 3, 4),
    b: way("b", turns, 60, 100, 101, 102),
    c: way("c", turns, 50),
  };
  const windows = await inTurns(ways, 3);
  expect(turns.join("")).toBe("abcabcabcab");
  expect(rates(windows.b)).toEqual([100, 101, 102]);
  expect(besides(windows.b)).toEqual([2, 3, 4]);
  expect(besides(windows.c)).toEqual([1, 2, 3]);
  expect(spread(windows.b)).toBeCloseTo(0.0198, 4);
});

it("gives up after two more", async () => {
  const turns = [];
  await inTurns({ a: way("a", turns, 1), b: way("b", turns, 10, 20, 30, 40, 50, 60, 70) }, 3);
  expect(turns.join("")).toBe("ababababab");
});
