import { describe, expect, it } from "vitest";
import { RunSlots } from "./run-slots.ts";
import { ThreadSlots } from "./thread-slots.ts";

const FREE = 0;

function threads(slots: number, count: number) {
  const cells = new Int32Array(1 + count);
  cells[FREE] = slots;
  return { cells, all: Array.from({ length: count }, (_, at) => new ThreadSlots(cells, FREE, 1 + at)) };
}

describe("ThreadSlots", () => {
  it("gives one thread all of them, and every other thread one on top", () => {
    const { cells, all } = threads(3, 2);
    const [busy, other] = all as [ThreadSlots, ThreadSlots];
    expect([busy.take(), busy.take(), busy.take(), busy.take()]).toEqual([true, true, true, false]);
    expect([other.take(), other.take()]).toEqual([true, false]);
    expect([...cells]).toEqual([0, 3, 0]);
    busy.give();
    expect(other.take()).toBe(true);
    expect([...cells]).toEqual([0, 2, 1]);
    for (let run = 0; run < 2; run += 1) {
      busy.give();
      other.give();
    }
    expect([...cells]).toEqual([3, 0, 0]);
  });

  it("lets every thread get on, whatever the others do", async () => {
    const { cells, all } = threads(2, 3);
    const model = {};
    let now = 0;
    let most = 0;
    const ended = all.map(() => 0);
    await Promise.all(
      all.flatMap((supply, thread) => {
        const slots = new RunSlots(supply);
        return Array.from({ length: 30 }, async () => {
          await slots.enter(model);
          now += 1;
          most = Math.max(most, now);
          await new Promise((resolve) => setImmediate(resolve));
          now -= 1;
          slots.leave();
          ended[thread] = (ended[thread] ?? 0) + 1;
        });
      }),
    );
    expect(ended).toEqual([30, 30, 30]);
    expect(most).toBeLessThanOrEqual(2 + all.length);
    expect([...cells]).toEqual([2, 0, 0, 0]);
  });
});
