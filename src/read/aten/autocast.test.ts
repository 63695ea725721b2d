import { describe, expect, it } from "vitest";
import { withCasts } from "./autocast.ts";
import { parseProgram } from "./text/parse-program.ts";

function callsOf(text: string): string[] {
  const body = withCasts(parseProgram(text).graph);
  return body.calls.map(({ target, args, outputs }) => {
    const [result] = outputs;
    const operands = [...args.values()].flatMap((argument) =>
      argument.kind === "tensor" ? [argument.value] : [],
    );
    return `${result?.kind === "tensor" ? result.value : "?"} = ${target}(${operands.join(", ")})`;
  });
}

describe("withCasts", () => {
  it("casts the operands of what came out narrower", () => {
    const text = `
      input x: float32[2, 3]
      input w: float32[4, 3]
      y: bfloat16[2, 4] = aten::linear.default(input=%x, weight=%w)
      return o=%y`;
    expect(callsOf(text)).toEqual([
      "x~bfloat16~y = aten::to.dtype(x)",
      "w~bfloat16~y = aten::to.dtype(w)",
      "y = aten::linear.default(x~bfloat16~y, w~bfloat16~y)",
    ]);
  });

  it("casts up the operands of what came out wider, and once each", () => {
    const text = `
      input x: float16[2, 3]
      y: float32[2, 3] = aten::softmax.int(self=%x, dim=1)
      z: float32[2, 3] = aten::add.Tensor(self=%y, other=%x)
      return o=%z`;
    expect(callsOf(text)).toEqual([
      "x~float32~y = aten::to.dtype(x)",
      "y = aten::softmax.int(x~float32~y)",
      "z = aten::add.Tensor(y, x)",
    ]);
  });

  it("leaves casts, comparisons and integers alone", () => {
    const text = `
      input x: float32[2]
      y: float16[2] = aten::to.dtype(self=%x, dtype=float16)
      z: bool[2] = aten::gt.Scalar(self=%y, other=0)
      return o=%z`;
    expect(callsOf(text)).toEqual(["y = aten::to.dtype(x)", "z = aten::gt.Scalar(y)"]);
  });
});
