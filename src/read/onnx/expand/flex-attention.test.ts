import { describe, expect, it } from "vitest";
import { FerryError } from "../../../core/errors.ts";
import { readOnnx } from "../read-onnx.ts";
import { modelOfText } from "../testing/model-bytes.ts";

const INPUTS = "q: float16[n, 4, 5, 8], k: float16[n, 2, 6, 8], v: float16[n, 2, 6, 3]";

function operators(attributes: string): string[] {
  const text = `graph m(${INPUTS}) -> (y) {
    opset ai.onnx 21
    opset ai.onnx.preview 1
    y = ai.onnx.preview::FlexAttention(q, k, v)${attributes}
  }`;
  return readOnnx(modelOfText(text)).nodes.map((node) => node.op);
}

const negated = (name: string) =>
  `{${name} = graph ${name}(s: float32[b, h, l, t]) -> (z) {
    z = Neg(s)
  }}`;

describe("FlexAttention", () => {
  it("is two products with a softmax between, in float32 for narrow floats", () => {
    const found = operators("");
    expect(found.filter((op) => op === "MatMul" || op === "Softmax")).toEqual([
      "MatMul",
      "Softmax",
      "MatMul",
    ]);
    expect(found).toContain("Pow"); // the scale is told by the width
  });

  it("takes the scale that is given", () => {
    expect(operators("{scale = 0.25}")).not.toContain("Pow");
  });

  it.each([
    ["score_mod", ["MatMul", "Neg", "Softmax", "MatMul"]],
    ["prob_mod", ["MatMul", "Softmax", "Neg", "MatMul"]],
  ])("puts the nodes of %s in their place", (name, expected) => {
    expect(operators(negated(name)).filter((op) => expected.includes(op))).toEqual(expected);
  });

  it("refuses a graph of two values", () => {
    const two = "{score_mod = graph f(s: float32[b], t: float32[b]) -> (z) {\n z = Add(s, t)\n }}";
    expect(() => operators(two)).toThrow(FerryError);
    expect(() => operators(two)).toThrow("one value each");
  });
});
