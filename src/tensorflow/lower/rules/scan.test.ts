import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Scan", () => {
  it("scans backwards and along any axis", () => {
    const text = `graph main(x: float32[4, n], z: float32[4]) -> (last, all) {
      last, all = Scan(z, x) {num_scan_inputs = 1, scan_input_axes = [1], scan_input_directions = [1], scan_output_axes = [1], scan_output_directions = [1], body = graph b(s: float32[4], v: float32[4]) -> (next, out) {
        next = Add(s, v)
        out = Exp(next)
      }}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "Shape(x)",
        "StridedSlice(Shape, [1], [2], [1]) {shrink_axis_mask=1}",
        "Sub(StridedSlice, 1)",
        "Cast(Sub)",
        "Cast(StridedSlice)",
        "TensorListReserve([4], Cast_1)",
        "StatelessWhile(0, TensorListReserve, z, Cast_1, Cast, x) {body="while_body" cond="while_cond"}",
        "TensorListStack(StatelessWhile:1, [4])",
        "ReverseV2(TensorListStack, [0])",
        "Transpose(ReverseV2, [1,0])",
        "Identity(StatelessWhile:2)",
        "Identity(Transpose)",
      ]
    `);
  });
});
