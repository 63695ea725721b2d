import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBundleIndex } from "../../bytes/tensor-bundle/encode-index.ts";
import { bundleExtents } from "./bundle-extents.ts";

const index = (sizes: readonly number[]): Uint8Array => {
  let offset = 0;
  const entries = sizes.map((byteLength, at) => {
    const entry = {
      name: `layer${at}/w`,
      dtype: "uint8" as const,
      shape: [byteLength],
      offset,
      byteLength,
      crc: at,
    };
    offset += byteLength;
    return entry;
  });
  return encodeBundleIndex(entries);
};

/** The extents, and how often others had a turn. */
function read(bytes: Uint8Array) {
  const work = bundleExtents(bytes);
  let turns = 0;
  let step = work.next();
  for (; !step.done; step = work.next()) turns++;
  return { extents: step.value, turns };
}

describe("how far an index reaches", () => {
  it("is the end of its last tensor", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 ** 40 }), { minLength: 1, maxLength: 200 }),
        (sizes) => {
          const end = sizes.reduce((sum, size) => sum + size, 0);
          expect(read(index(sizes)).extents).toEqual({ shards: 1, ends: new Map([[0, end]]) });
        },
      ),
      { numRuns: 30 },
    );
  });

  it("is read with turns for others", () => {
    const sizes = Array.from({ length: 1000 }, () => 1);
    expect(read(index(sizes))).toEqual({ extents: { shards: 1, ends: new Map([[0, 1000]]) }, turns: 15 });
  });

  it("is told for each data file", () => {
    const entry = (name: string, shard: number, offset: number) => {
      return { name, dtype: "uint8" as const, shape: [10], shard, offset, byteLength: 10, crc: 1 };
    };
    const bytes = encodeBundleIndex([entry("a", 0, 0), entry("b", 2, 0), entry("c", 2, 64)], 3);
    const ends = new Map([
      [0, 10],
      [2, 74],
    ]);
    expect(read(bytes).extents).toEqual({ shards: 3, ends });
  });

  it("is unknown of any part of it", () => {
    const whole = index([10, 20, 30]);
    for (let length = 0; length < whole.length; length++) {
      expect(read(whole.subarray(0, length)).extents, String(length)).toBeUndefined();
    }
  });

  it("survives garbage", () => {
    const whole = index([10, 20, 30, 40, 50]);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        (at, byte) => {
          const broken = whole.slice();
          broken[at] = byte;
          read(broken);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
