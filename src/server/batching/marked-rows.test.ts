// Rows that carry their client's mark, under load: whatever happens around a request, it gets its own rows or an error.
import fc from "fast-check";
import { expect, it } from "vitest";
import { Doubling, joined } from "../testing/batched-doubling.ts";
import { settle } from "../testing/fake-clock.ts";

/** A row that the engine refuses wherever it stands. */
const POISON = -1;

const request = fc.record({
  rows: fc.integer({ min: 0, max: 6 }),
  width: fc.integer({ min: 1, max: 3 }),
  what: fc.constantFrom("good", "good", "good", "good", "poison", "gives up"),
  /** When it comes, and when it gives up, in milliseconds. */
  at: fc.integer({ min: 0, max: 6 }),
  until: fc.integer({ min: 0, max: 12 }),
});

const parameters = fc.record({
  maxExecutionBatchSize: fc.integer({ min: 1, max: 6 }),
  batchTimeoutMicros: fc.constantFrom(0, 1000, 3000),
  maxEnqueuedBatches: fc.integer({ min: 2, max: 20 }),
  enableLargeBatchSplitting: fc.boolean(),
  padVariableLengthInputs: fc.boolean(),
  threads: fc.integer({ min: 1, max: 3 }),
  allowed: fc.boolean(),
});

it("every request gets its own rows or an error of its own, and is answered once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 40 }), parameters, async (requests, given) => {
      const { threads, allowed, ...options } = given;
      const inner = new Doubling({
        onRun: async (x) => {
          await settle();
          if (x.includes(POISON)) throw new Error("poison");
        },
      });
      const allowedBatchSizes = allowed ? [2, 6] : [];
      const { ask, clock } = joined(inner, { maxBatchSize: 6, allowedBatchSizes, ...options }, { threads });
      const answers = requests.map(async ({ rows, width, what, at, until }, mark) => {
        const abort = new AbortController();
        await new Promise<void>((resolve) => void clock.after(at, resolve));
        if (what === "gives up") clock.after(until, () => abort.abort());
        const values = Array.from({ length: rows * width }, (_, i) => (mark + 1) * 100 + i);
        if (what === "poison" && rows > 0) values[0] = POISON;
        const answer = await ask([rows, width], values, abort.signal).catch((error: Error) => error.message);
        return { answer, values };
      });
      await clock.advance(60);
      await settle();
      for (const [mark, { answer, values }] of (await Promise.all(answers)).entries()) {
        const { what, rows, width } = requests[mark] ?? { what: "", rows: 0, width: 1 };
        if (typeof answer === "string") expect(answer).toMatch(allowedErrors(what));
        else {
          expect(what === "poison" && rows > 0).toBe(false);
          expect(unpadded(answer, rows, width)).toEqual(values.map((value) => value * 2));
        }
      }
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 150 },
  );
}, 60_000);

function allowedErrors(what: string): RegExp {
  const full = "is full; ";
  if (what === "poison") return new RegExp(`^poison$|${full}`);
  return new RegExp(what === "gives up" ? `stopped by its caller|${full}` : full);
}

/** Rows may come back wider than they were sent, if they were padded. */
function unpadded(answer: readonly number[], rows: number, width: number): number[] {
  const wide = rows === 0 ? 0 : answer.length / rows;
  return answer.filter((_, at) => at % wide < width);
}
