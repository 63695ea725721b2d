import { describe, expect, it } from "vitest";
import { collectInput } from "./input-flag.ts";

describe("--input", () => {
  it("gives element type and sizes, names for free ones", () => {
    expect(collectInput("image=float32[batch, 3,8]")).toEqual({
      image: { dtype: "float32", shape: ["batch", 3, 8] },
    });
  });

  it("adds to the flags before it", () => {
    const both = collectInput("mask=bool[]", collectInput("tokens=int64[2]"));
    expect(both).toEqual({ tokens: { dtype: "int64", shape: [2] }, mask: { dtype: "bool", shape: [] } });
  });

  it.each([
    ["rate=16000", 16000],
    ["scale=0.5", 0.5],
    ["flip=True", true],
  ])("%s is a value that is built in", (text, value) => {
    expect(Object.values(collectInput(text))).toEqual([{ value }]);
  });

  it.each([
    "image",
    "=float32[1]",
    "x=float33[1]",
    "x=float32[-1]",
    "x=float32[1",
    "x=float32[a b]",
    "x=text",
  ])("%s is refused", (text) => {
    expect(() => collectInput(text)).toThrow(/NAME=TYPE\[SIZES\] is wanted/);
  });
});
