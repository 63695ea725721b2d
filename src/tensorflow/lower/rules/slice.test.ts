import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Slice", () => {
  it("spans all axes", () => {
    const text = `graph main(x: float32[n, 4, 6]) -> (y) {
      from: int64[2] = [-3, 5]
      to: int64[2] = [9223372036854775807, -9223372036854775807]
      axes: int64[2] = [1, 2]
      steps: int64[2] = [1, -2]
      y = Slice(x, from, to, axes, steps)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "StridedSlice(x, [0,-3,5], [0,9223400000000000000,-9223400000000000000], [1,1,-2]) {begin_mask=1 end_mask=1}",
        "Identity(StridedSlice)",
      ]
    `);
  });

  it("takes places that only running tells", () => {
    const text = `graph main(x: float32[n, 4], from: int64[1], to: int64[1]) -> (y) {
      axes: int64[1] = [1]
      y = Slice(x, from, to, axes)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "ConcatV2(from, [0], 0)",
        "GatherV2(ConcatV2, [1,0], 0)",
        "ConcatV2(to, [0], 0)",
        "GatherV2(ConcatV2_1, [1,0], 0)",
        "StridedSlice(x, GatherV2, GatherV2_1, [1,1]) {begin_mask=1 end_mask=1}",
        "Identity(StridedSlice)",
      ]
    `);
  });

  it("spreads numbers over axes that only running tells", () => {
    const text = `graph main(x: float32[n, 4], b: int64[1], e: int64[1], a: int64[1]) -> (y) {
      y = Slice(x, b, e, a)
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Less(a, 0)",
        "AddV2(a, 2)",
        "SelectV2(Less, AddV2, a)",
        "Reshape(SelectV2, [-1,1])",
        "TensorScatterUpdate([0,0], Reshape, b)",
        "Less(a, 0)",
        "AddV2(a, 2)",
        "SelectV2(Less_1, AddV2_1, a)",
        "Reshape(SelectV2_1, [-1,1])",
        "TensorScatterUpdate([9007200000000000,9007200000000000], Reshape_1, e)",
        "StridedSlice(x, TensorScatterUpdate, TensorScatterUpdate_1, [1,1])",
        "Identity(StridedSlice)",
      ]
    `);
  });
});
