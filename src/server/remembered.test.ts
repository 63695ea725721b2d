import { expect, it } from "vitest";
import { Remembered } from "./remembered.ts";

it("knows the last few texts that are not too long", () => {
  const known = new Remembered<number>(2, 3);
  known.remember("abc", 1);
  known.remember("abcd", 2);
  expect([known.get("abc"), known.get("abcd")]).toEqual([1, undefined]);
  known.remember("b", 3);
  known.remember("c", 4);
  expect([known.get("abc"), known.get("b"), known.get("c")]).toEqual([undefined, undefined, 4]);
});
