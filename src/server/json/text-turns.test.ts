import { describe, expect, it } from "vitest";
import { TextTurns } from "./text-turns.ts";

const SHORT = 1000;
const LONG = 256 * 1024;

/** Everything that the event loop has to do by then. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("text", () => {
  it("is read on as long as there is little of it in a turn", async () => {
    await turn();
    const body = new TextTurns();
    expect([body.read(SHORT), body.read(SHORT)]).toEqual([undefined, undefined]);
    await turn();
    expect(body.read(LONG)).toBeInstanceOf(Promise);
    await turn();
    await turn();
    expect(body.read(SHORT)).toBeUndefined();
  });

  it("of many bodies is read one body a turn, the oldest first", async () => {
    await turn();
    const bodies = Array.from({ length: 4 }, () => new TextTurns());
    const order: number[] = [];
    for (const at of [2, 0, 3, 1]) void bodies[at]?.read(LONG)?.then(() => order.push(at));
    const seen: number[] = [];
    for (let count = 0; count < 6; count++) {
      await turn();
      seen.push(order.length);
    }
    expect(order).toEqual([0, 1, 2, 3]);
    for (const [at, count] of seen.entries()) expect(count - (seen[at - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  it("of a body that goes on comes before that of younger ones", async () => {
    await turn();
    const [old, young] = [new TextTurns(), new TextTurns()];
    const order: string[] = [];
    const read = async (name: string, body: TextTurns): Promise<void> => {
      for (let piece = 0; piece < 3; piece++) {
        await body.read(LONG);
        order.push(name);
      }
    };
    await Promise.all([read("young", young), read("old", old)]);
    expect(order.slice(0, 3)).toEqual(["old", "old", "old"]);
  });
});
