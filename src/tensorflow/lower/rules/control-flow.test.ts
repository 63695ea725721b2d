import { describe, expect, it } from "vitest";
import { loweredText } from "../../testing/lower-text.ts";

describe("Loop", () => {
  it("captures what its body reads from around, and stacks what it collects", () => {
    const text = `graph main(x: float32[3], s: float32[3]) -> (y, all) {
      n: int64[] = [4]
      t: bool[] = [1]
      y, all = Loop(n, t, x) {body = graph b(i: int64[], go: bool[], v: float32[3]) -> (go2, next, out) {
        go2 = Identity(go)
        next = Mul(v, s)
        out = Exp(next)
      }}
    }`;
    expect(loweredText(text)).toMatchInlineSnapshot(`
      [
        "TensorListReserve([3], 0)",
        "StatelessWhile(0, 1, x, TensorListReserve, 4, s) {body="loop_body" cond="loop_cond"}",
        "TensorListStack(StatelessWhile:3, [3])",
        "Identity(StatelessWhile:2)",
        "Identity(TensorListStack)",
      ]
    `);
  });
});
