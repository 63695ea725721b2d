import { describe, expect, it } from "vitest";
import { loweredText } from "../testing/lower-text.ts";

describe("padValue", () => {
  it("pads more axes than TensorFlow's kernel takes one after the other", () => {
    const text = `graph main(x: float32[n, 1, 2, 1, 2, 1, 2]) -> (y) {
      p: int64[14] = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
      y = Pad(x, p)
    }`;
    const pads = loweredText(text).filter((line) => line.startsWith("Pad"));
    expect(pads.map((line) => line.replace(/\(\w+/, "("))).toEqual([
      expect.stringContaining("[0,0,1,0,0,0]"),
      expect.stringContaining("[0,0,0,2,0,0]"),
    ]);
  });
});
