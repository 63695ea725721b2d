import { setTimeout as wait } from "node:timers/promises";
import { getHeapSpaceStatistics } from "node:v8";
import { expect, it } from "vitest";
import { shrinkHeapSoon } from "./shrink-heap.ts";

/** Bytes that the young generation has for itself. */
function youngBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;
}

const objects = (): object[] => Array.from({ length: 20_000 }, (_, index) => ({ index }));

/** Much that lives a while, which is what the young generation grows for. */
function grow(): void {
  let kept: object[][] = [];
  for (let round = 0; round < 150; round++) {
    kept.push(objects());
    if (kept.length > 20) kept = [];
  }
}

/** Whether it gets smaller than that while V8 collects of its own accord, because much that grew old is garbage. */
async function shrinksBelow(bytes: number, rounds: number): Promise<boolean> {
  const kept: unknown[] = [];
  for (let round = 0; round < rounds && youngBytes() >= bytes; round++) {
    kept[round % 16] = [new Uint8Array(4_000_000), objects()];
    await wait(2);
  }
  return youngBytes() < bytes;
}

it("makes the young generation smaller at a full collection, and lets it grow again", async () => {
  grow();
  const grown = youngBytes();
  expect(grown).toBeGreaterThan(12e6);
  expect(await shrinksBelow(grown / 2, 60)).toBe(false);
  shrinkHeapSoon();
  expect(await shrinksBelow(grown / 2, 2000)).toBe(true);
  for (let times = 0; times < 20 && youngBytes() < grown; times++) {
    grow();
    await wait(1);
  }
  expect(youngBytes()).toBe(grown);
});
