import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Pad", () => {
  it("gathers edges", () => {
    const text = `graph main(x: float32[n, 3]) -> (y) {
      p: int64[4] = [0, 2, 0, 1]
      y = Pad(x, p) {mode = "edge"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "GatherV2(x, [0,0,0,1,2,2], 1)",
        "Identity(GatherV2)",
      ]
    `);
  });

  it("reflects further than the axis is long", () => {
    const text = `graph main(x: float32[n, 3]) -> (y) {
      p: int64[4] = [0, 5, 0, 0]
      y = Pad(x, p) {mode = "reflect"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "GatherV2(x, [1,0,1,2,1,0,1,2], 1)",
        "Identity(GatherV2)",
      ]
    `);
  });

  it("fills with a value and crops", () => {
    const text = `graph main(x: float32[n, 3]) -> (y) {
      p: int64[4] = [0, -1, 0, 2]
      v: float32[] = [7.0]
      y = Pad(x, p, v)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "StridedSlice(x, [0,1], [0,0], [1,1]) {end_mask=3}",
        "PadV2(StridedSlice, [0,0,0,2], 7)",
        "Identity(PadV2)",
      ]
    `);
  });
});
