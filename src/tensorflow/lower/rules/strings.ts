// StringConcat and RegexFullMatch. Source: https://onnx.ai/onnx/operators/onnx__RegexFullMatch.html; both sides use RE2.
import { LOGICAL, type LoweringRule } from "../rule.ts";

export const stringConcat: LoweringRule = {
  op: "StringConcat",
  since: 20,
  layout: LOGICAL,
  emit(node) {
    // StringJoin broadcasts scalars alone.
    const shape = node.values.dims(node.outputShape());
    const sides = [0, 1].map((input) => node.op("BroadcastTo", [node.logical(input), shape]));
    return node.op("StringJoin", [sides], { separator: "" });
  },
};

export const regexFullMatch: LoweringRule = {
  op: "RegexFullMatch",
  since: 20,
  layout: LOGICAL,
  emit: (node) => node.op("StaticRegexFullMatch", [node.logical(0)], { pattern: node.string("pattern", "") }),
};
