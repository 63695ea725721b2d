// Where and NonZero.
import { ELEMENTWISE, LOGICAL, type LoweringRule } from "../rule.ts";

export const where: LoweringRule = {
  op: "Where",
  since: 16,
  layout: ELEMENTWISE,
  emit: (node) => node.op("SelectV2", [node.operand(0), node.operand(1), node.operand(2)]),
};

/** TensorFlow gives one row for each place, ONNX one column. */
export const nonZero: LoweringRule = {
  op: "NonZero",
  since: 13,
  layout: LOGICAL,
  limits: "not of scalars",
  refuse: (facts) => (facts.rank(0) === 0 ? "its input is a scalar" : undefined),
  emit: (node) => node.op("Transpose", [node.op("Where", [node.logical(0)]), node.int32s([1, 0])]),
};
