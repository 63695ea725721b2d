// Det: the determinants of the last two axes' matrices.
import { LOGICAL, type LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

export const det: LoweringRule = {
  op: "Det",
  since: 11,
  layout: LOGICAL,
  emit: (node) => widened(node, "MatrixDeterminant", [node.logical(0)]),
};
