import { describe, expect, it } from "vitest";
import { RunSlots, runSlotCount } from "./run-slots.ts";

describe("runSlotCount", () => {
  it("leaves a thread of the pool to others and has little more than the cores", () => {
    expect(runSlotCount(2, undefined)).toBe(3);
    expect(runSlotCount(1, undefined)).toBe(2);
    expect(runSlotCount(16, undefined)).toBe(3);
    expect(runSlotCount(16, "20")).toBe(17);
    expect(runSlotCount(16, "16")).toBe(15);
    expect(runSlotCount(16, "1")).toBe(1);
    expect(runSlotCount(16, "nonsense")).toBe(3);
  });
});

describe("RunSlots", () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("lets models take turns", async () => {
    const slots = new RunSlots(1);
    const [a, b, c] = [{}, {}, {}];
    const order: string[] = [];
    const run = async (model: object, name: string): Promise<void> => {
      await slots.enter(model);
      order.push(name);
      await turn();
      slots.leave();
    };
    await Promise.all([run(a, "a1"), run(a, "a2"), run(a, "a3"), run(b, "b1"), run(b, "b2"), run(c, "c1")]);
    expect(order).toEqual(["a1", "a2", "b1", "c1", "a3", "b2"]);
    expect(await slots.enter(a)).toBe(true);
  });

  it("runs as many at once as it has slots", async () => {
    const slots = new RunSlots(3);
    const model = {};
    let now = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        await slots.enter(model);
        now += 1;
        most = Math.max(most, now);
        await turn();
        now -= 1;
        slots.leave();
      }),
    );
    expect(most).toBe(3);
  });

  it("forgets who gave up, and gives the slot to the next", async () => {
    const slots = new RunSlots(1);
    const model = {};
    const abort = new AbortController();
    expect(await slots.enter(model)).toBe(true);
    const first = slots.enter(model, abort.signal);
    const second = slots.enter(model);
    abort.abort();
    expect(await first).toBe(false);
    slots.leave();
    expect(await second).toBe(true);
    expect(await slots.enter(model, abort.signal)).toBe(false);
  });
});
