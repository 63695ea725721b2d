import { describe, expect, it } from "vitest";
import { inTurn } from "./in-turn.ts";

/** Holds the event loop for some microseconds. */
function work(us: number): void {
  const until = performance.now() + us / 1000;
  while (performance.now() < until);
}

/** Everything that the loop has to do by then. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("inTurn", () => {
  it("does it here and now", async () => {
    await turn();
    let done = 0;
    inTurn(() => done++);
    expect(done).toBe(1);
    await turn();
  });

  it("leaves what comes after a long piece for later turns, in its order", async () => {
    await turn();
    const done: string[] = [];
    inTurn(() => work(250));
    for (const name of ["a", "b", "c"]) {
      inTurn(() => {
        work(250);
        done.push(name);
      });
    }
    expect(done).toEqual([]);
    await turn();
    expect(done).toEqual(["a"]);
    inTurn(() => done.push("d")); // others wait
    await turn();
    await turn();
    await turn();
    expect(done).toEqual(["a", "b", "c", "d"]);
  });

  it("lets timers have their turns between the pieces", async () => {
    await turn();
    const order: string[] = [];
    for (let piece = 0; piece < 20; piece++) {
      inTurn(() => {
        work(1000);
        order.push("piece");
      });
    }
    setTimeout(() => order.push("timer"), 1);
    while (order.length < 21) await turn();
    expect(order.indexOf("timer")).toBeLessThan(10);
  });
});
