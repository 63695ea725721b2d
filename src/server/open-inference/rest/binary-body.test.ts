import { describe, expect, it } from "vitest";
import { BinaryParts } from "./binary-body.ts";

const SIZES = [40_000, 10, 33_000];
const TOTAL = SIZES.reduce((sum, size) => sum + size, 0);

/** The parts of a body whose bytes are all `value`, which comes in pieces of that many bytes. */
function received(value: number, pieceBytes: number, expected: number | undefined): BinaryParts {
  const parts = new BinaryParts(SIZES, expected);
  // One piece of memory for all of them, as connections have it.
  const piece = new Uint8Array(pieceBytes);
  for (let at = 0; at < TOTAL; at += pieceBytes) {
    piece.fill(value);
    parts.feed(piece.subarray(0, Math.min(pieceBytes, TOTAL - at)));
    piece.fill(255);
  }
  return parts;
}

describe("parts of a body", () => {
  it("are what came, of announced length or not, also in memory that is used again", () => {
    let value = 0;
    for (const expected of [TOTAL, undefined]) {
      for (const pieceBytes of [100_000, 16_384, 999]) {
        value++;
        const kept = received(value, pieceBytes, expected);
        const given = received(value + 100, pieceBytes, expected);
        const before = given.finish() ?? [];
        expect(before.map((part) => part.length)).toEqual(SIZES);
        expect(before.every((part) => part.every((byte) => byte === value + 100))).toBe(true);
        given.giveBack();
        const next = received(value + 50, pieceBytes, expected).finish() ?? [];
        expect(next.every((part) => part.every((byte) => byte === value + 50))).toBe(true);
        // What was not given back is nobody else's.
        expect(kept.finish()?.every((part) => part.every((byte) => byte === value))).toBe(true);
      }
    }
  });

  it("share memory with later ones only once they were given back", () => {
    const first = received(1, TOTAL, TOTAL);
    const memory = first.finish()?.[0]?.buffer;
    expect(received(2, TOTAL, TOTAL).finish()?.[0]?.buffer).not.toBe(memory);
    first.giveBack();
    expect(received(3, TOTAL, TOTAL).finish()?.[0]?.buffer).toBe(memory);
    expect(first.finish()).toBeUndefined();
  });
});
