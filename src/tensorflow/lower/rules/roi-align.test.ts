import { describe, expect, it } from "vitest";
import { lowered, loweredText } from "../../testing/lower-text.ts";

const text = (
  attributes: string,
) => `graph main(x: float32[n, 3, 8, 9], r: float32[k, 4], i: int64[k]) -> (y) {
  y = RoiAlign(x, r, i) {output_height = 2, output_width = 2, ${attributes}}
}`;

/** How often each operator stands in the loop's body. */
function body(attributes: string): Map<string, number> {
  const graph = lowered(text(attributes));
  const counts = new Map<string, number>();
  const inner = graph.functions.find(({ name }) => name.includes("body"));
  for (const { op } of inner?.nodes ?? []) counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

describe("RoiAlign", () => {
  it("pools one region a round from an image that stands channels-last", () => {
    expect(loweredText(text("sampling_ratio = 2"))).toMatchInlineSnapshot(`
      [
        "Transpose(x, [0,2,3,1])",
        "Reshape(Transpose, [-1,3])",
        "Shape(r)",
        "StridedSlice(Shape, [0], [1], [1]) {shrink_axis_mask=1}",
        "Cast(StridedSlice)",
        "TensorListReserve([2,2,3], Cast)",
        "StatelessWhile(0, TensorListReserve, Cast, Reshape, r, i, 8, 9) {body="while_body" cond="while_cond"}",
        "TensorListStack(StatelessWhile:1, [2,2,3])",
        "Transpose(TensorListStack, [0,3,1,2])",
        "Identity(Transpose_1)",
      ]
    `);
  });

  it("asks the region for its number of points when none is given", () => {
    expect(body("sampling_ratio = 2").get("Ceil")).toBeUndefined();
    expect(body("sampling_ratio = 0").get("Ceil")).toBe(2);
  });

  it("averages or takes the largest", () => {
    expect(body('mode = "avg"').get("Sum")).toBe(1);
    expect(body('mode = "max"').get("Max")).toBe(1);
  });

  it("refuses what it does not know", () => {
    expect(() => lowered(text('mode = "median"'))).toThrow("mode median");
    expect(() => lowered(text('coordinate_transformation_mode = "other"'))).toThrow("other");
  });
});
