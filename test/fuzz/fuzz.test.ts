// Damaged files of every kind: each is read, or refused with an error of the table, in bounded time and memory.
// `npm run fuzz` takes 100,000 cases a reader; the seed is fixed, and a failure prints its case and how to repeat it.
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FerryError } from "../../src/core/errors.ts";
import { damaged, edits } from "./edits.ts";
import { TARGETS, type Target } from "./targets.ts";
import { watch } from "./watchdog.ts";

/** Where each case is written before it is read, so that one which ends the process is not lost. */
const LAST_CASE = process.env["TORCHFERRY_FUZZ_LAST_CASE"];
const CASES = Number(process.env["TORCHFERRY_FUZZ_CASES"] ?? 2000);
/** The seeds are small files: a case that takes more than this believed a lie about a length. */
const MAX_GROWTH_BYTES = 512 * 2 ** 20;
/** A case is a few milliseconds; with the watchdog for one that hangs this only bounds the whole. */
const TIMEOUT_MS = 60_000 + 40 * CASES;

describe.each(TARGETS)("a damaged $name", (target) => {
  it("is read or refused", () => fuzz(target), TIMEOUT_MS);
});

async function fuzz(target: Target): Promise<void> {
  const dog = watch(target.name);
  const damage = fc.tuple(fc.nat(target.seeds.length - 1), edits(target.words));
  const property = fc.asyncProperty(damage, async ([index, changes]) => {
    dog.begin();
    const seed = target.seeds[index];
    if (!seed) throw new RangeError(`seed ${index} of ${target.seeds.length}`);
    const bytes = damaged(seed.bytes, changes);
    const before = process.memoryUsage.rss();
    if (LAST_CASE) writeFileSync(LAST_CASE, bytes);
    try {
      await seed.read(bytes);
    } catch (error) {
      if (!(error instanceof FerryError)) throw error;
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(MAX_GROWTH_BYTES);
  });
  try {
    await fc.assert(property, { numRuns: CASES, seed: 20, endOnFailure: true });
  } finally {
    await dog.stop();
  }
}
