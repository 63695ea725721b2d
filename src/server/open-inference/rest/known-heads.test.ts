import { expect, it } from "vitest";
import type { LoadedModel } from "../../../engine/engine.ts";
import { KnownHeads, keyOfBytes } from "./known-heads.ts";

const model = (): LoadedModel => ({ signatures: new Map() }) as unknown as LoadedModel; // nothing of it is looked at

it("knows a head for its model alone, by all of its bytes", () => {
  const [one, other, heads] = [model(), model(), new KnownHeads<number>()];
  const key = keyOfBytes(Buffer.from('{"inputs":[]}')) ?? "";
  heads.remember(one, key, 1);
  expect(heads.get(one, key)).toBe(1);
  expect(heads.get(other, key)).toBeUndefined();
  expect(heads.get(one, keyOfBytes(Buffer.from('{"inputs":[] }')) ?? "")).toBeUndefined();
  expect(keyOfBytes(Uint8Array.of(0xc3, 0xa9))).not.toBe(keyOfBytes(Uint8Array.of(0xe9)));
});

it("keeps no long ones, and some at most", () => {
  const [one, heads] = [model(), new KnownHeads<number>()];
  expect(keyOfBytes(new Uint8Array(1024))).toBeDefined();
  expect(keyOfBytes(new Uint8Array(1025))).toBeUndefined();
  heads.remember(one, "x".repeat(1025), 1);
  expect(heads.get(one, "x".repeat(1025))).toBeUndefined();
  for (let count = 0; count < 1000; count++) heads.remember(one, String(count), count);
  const kept = Array.from({ length: 1000 }, (_, count) => heads.get(one, String(count)));
  expect(kept.filter((head) => head !== undefined).length).toBeLessThanOrEqual(16);
  expect(kept.at(-1)).toBe(999);
});
