// Einsum: TensorFlow's own takes one or two operands; more are taken two at a time from the left.
// Source: https://onnx.ai/onnx/operators/onnx__Einsum.html (an implicit output has the letters that stand once, sorted).
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";
import { productType } from "../widened.ts";

export const einsum: LoweringRule = {
  op: "Einsum",
  since: 12,
  layout: LOGICAL,
  limits: "no ellipsis with more than two operands",
  refuse(facts) {
    const many = facts.node.inputs.length > 2;
    return many && facts.string("equation", "").includes("...")
      ? "an ellipsis with more than two operands"
      : undefined;
  },
  emit(node) {
    const dtype = productType("Einsum", node.dtype(0));
    const [terms, output] = termsOf(node.string("equation", ""));
    const values = node.node.inputs.map((_, input) => node.cast(node.logical(input), dtype));
    return node.cast(contract(node, terms, values, output), node.dtype(0));
  },
};

function termsOf(equation: string): [string[], string] {
  const [inputs = "", output] = equation.replaceAll(" ", "").split("->");
  const terms = inputs.split(",");
  if (output !== undefined) return [terms, output];
  const letters = [...inputs.replace(/[^A-Za-z]/g, "")];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort();
  return [terms, (inputs.includes("...") ? "..." : "") + once.join("")];
}

function contract(
  node: NodeLowering,
  terms: readonly string[],
  values: readonly TfValue[],
  output: string,
): TfValue {
  const [first = "", second, ...rest] = terms;
  const [left, right, ...others] = values as [TfValue, TfValue, ...TfValue[]];
  if (second === undefined) return node.op("Einsum", [[left]], { equation: `${first}->${output}` });
  if (rest.length === 0)
    return node.op("Einsum", [[left, right]], { equation: `${first},${second}->${output}` });
  const later = rest.join("") + output;
  const kept = [...new Set(first + second)].filter((letter) => later.includes(letter)).join("");
  const product = node.op("Einsum", [[left, right]], { equation: `${first},${second}->${kept}` });
  return contract(node, [kept, ...rest], [product, ...others], output);
}
