import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("StringConcat", () => {
  it("broadcasts before it joins", () => {
    const text = `graph main(x: string[n, 3], z: string[3]) -> (y) {
      y = StringConcat(x, z)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(x)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Pack(StridedSlice, 3)",
        "BroadcastTo(x, Pack)",
        "BroadcastTo(z, Pack)",
        "StringJoin(BroadcastTo, BroadcastTo_1) {separator=""}",
        "Identity(StringJoin)",
      ]
    `);
  });
});

describe("RegexFullMatch", () => {
  it("keeps the pattern", () => {
    const text = `graph main(x: string[n]) -> (y) {
      y = RegexFullMatch(x) {pattern = "a+"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "StaticRegexFullMatch(x) {pattern="a+"}",
        "Identity(StaticRegexFullMatch)",
      ]
    `);
  });
});
