import { expect, it } from "vitest";
import { newBytes } from "./bytes.ts";

it("gives no bytes, also first of all", () => {
  expect(newBytes(0)).toHaveLength(0);
});

it("gives each small tensor a place of its own, aligned, and no two the same", () => {
  const all = Array.from({ length: 500 }, (_, index) => newBytes(index % 97));
  for (const [index, bytes] of all.entries()) bytes.fill(index);
  for (const [index, bytes] of all.entries()) {
    expect(bytes.byteOffset % 8).toBe(0);
    expect([...bytes]).toEqual(new Array(index % 97).fill(index % 256));
  }
});
