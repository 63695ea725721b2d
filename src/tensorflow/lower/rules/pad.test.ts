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

  it("gathers from computed places where the pads are free", () => {
    const text = `graph main(x: float32[4], p: int64[2]) -> (y) {
      y = Pad(x, p) {mode = "reflect"}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Reshape(p, [2,-1])",
        "Unpack(Reshape) {axis=0 num=2}",
        "Unpack(Unpack) {axis=0 num=1}",
        "Unpack(Unpack:1) {axis=0 num=1}",
        "Neg(Unpack_1)",
        "AddV2(4, Unpack_2)",
        "Range(Neg, AddV2, 1)",
        "Sub(4, 1)",
        "Mul(Sub, 2)",
        "Maximum(1, Mul)",
        "FloorMod(Range, Maximum)",
        "Sub(Maximum, FloorMod)",
        "Minimum(FloorMod, Sub_1)",
        "GatherV2(x, Minimum, 0)",
        "Identity(GatherV2)",
      ]
    `);
  });
});
