import { describe, expect, it } from "vitest";
import { attempt, soon } from "./soon.ts";

const failing = (): never => {
  throw new Error("no");
};

describe("soon", () => {
  it("hands on here and now what is there", () => {
    expect(soon(1, (one) => one + 1)).toBe(2);
    expect(() => soon(1, failing)).toThrow("no");
  });

  it("waits for what is not, on either side", async () => {
    expect(await soon(Promise.resolve(1), (one) => one + 1)).toBe(2);
    expect(await soon(1, async (one) => one + 1)).toBe(2);
    await expect(soon(Promise.resolve(1), failing)).rejects.toThrow("no");
  });
});

describe("attempt", () => {
  const told = (error: unknown): string => `failed: ${(error as Error).message}`;

  it("gives what was made", async () => {
    expect(attempt(() => "made", told)).toBe("made");
    expect(await attempt(async () => "made", told)).toBe("made");
  });

  it("gives what follows from a failure, now or later", async () => {
    expect(attempt<string>(failing, told)).toBe("failed: no");
    expect(await attempt<string>(async () => failing(), told)).toBe("failed: no");
  });
});
