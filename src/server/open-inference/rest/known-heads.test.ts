import { expect, it } from "vitest";
import type { LoadedModel } from "../../../engine/engine.ts";
import { headKey, type KnownHead, knownHead, rememberHead } from "./known-heads.ts";

const model = (): LoadedModel => ({ signatures: new Map() }) as unknown as LoadedModel; // nothing of it is looked at
const head = (): KnownHead => ({}) as KnownHead; // likewise

it("knows a head for its model alone, by all of its bytes", () => {
  const [one, other, known] = [model(), model(), head()];
  const key = headKey(Buffer.from('{"inputs":[]}')) ?? "";
  rememberHead(one, key, known);
  expect(knownHead(one, key)).toBe(known);
  expect(knownHead(other, key)).toBeUndefined();
  expect(knownHead(one, headKey(Buffer.from('{"inputs":[] }')) ?? "")).toBeUndefined();
  expect(headKey(Uint8Array.of(0xc3, 0xa9))).not.toBe(headKey(Uint8Array.of(0xe9)));
});

it("keeps no long ones, and some at most", () => {
  expect(headKey(new Uint8Array(1024))).toBeDefined();
  expect(headKey(new Uint8Array(1025))).toBeUndefined();
  const one = model();
  for (let count = 0; count < 1000; count++) rememberHead(one, String(count), head());
  const kept = Array.from({ length: 1000 }, (_, count) => knownHead(one, String(count)));
  expect(kept.filter(Boolean).length).toBeLessThanOrEqual(16);
  expect(kept.at(-1)).toBeDefined();
});
