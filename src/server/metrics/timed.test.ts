import { describe, expect, it } from "vitest";
import { timed } from "./timed.ts";

describe("an answer that is told of", () => {
  const told: number[] = [];
  const tell = (code: number, microseconds: number): void => {
    told.push(code);
    expect(microseconds).toBeGreaterThanOrEqual(0);
  };

  it("is there at once if it was made at once", () => {
    expect(
      timed(
        () => 5,
        (answer) => answer,
        tell,
      ),
    ).toBe(5);
    expect(told.splice(0)).toEqual([5]);
  });

  it("is told of when it is there, or has failed", async () => {
    const later = timed(
      async () => 3,
      (answer) => answer,
      tell,
    );
    expect(told).toEqual([]);
    expect(await later).toBe(3);
    await expect(
      timed(
        () => Promise.reject(new Error("no")),
        () => 0,
        tell,
      ),
    ).rejects.toThrow("no");
    expect(() =>
      timed(
        () => {
          throw new Error("now");
        },
        () => 0,
        tell,
      ),
    ).toThrow("now");
    expect(told.splice(0)).toEqual([3, 13, 13]);
  });
});
