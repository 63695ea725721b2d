import { describe, expect, it } from "vitest";
import { settle } from "../testing/fake-clock.ts";
import { LoadSlots } from "./load-slots.ts";

describe("load slots", () => {
  it("let so many run at once, in the order they came, also after one failed", async () => {
    const slots = new LoadSlots(2);
    const begun: number[] = [];
    const ends: ((fails: boolean) => void)[] = [];
    const work = [0, 1, 2, 3].map((number) =>
      slots
        .run(() => {
          begun.push(number);
          return new Promise<number>((resolve, reject) => {
            ends[number] = (fails) => (fails ? reject(new Error("no")) : resolve(number));
          });
        })
        .catch(() => -1),
    );
    await settle();
    expect(begun).toEqual([0, 1]);
    ends[0]?.(true);
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    ends[2]?.(false);
    await settle();
    expect(begun).toEqual([0, 1, 2, 3]);
    ends[1]?.(false);
    ends[3]?.(false);
    expect(await Promise.all(work)).toEqual([-1, 1, 2, 3]);
  });
});
