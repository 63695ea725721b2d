// Rows of a table by index. What concerns training (padding_idx, sparse, scale_grad_by_freq) means nothing here.
import { int } from "../../../graph/attribute.ts";
import type { Rule } from "../rule.ts";

export const EMBEDDING: Rule = {
  targets: ["aten::embedding.default"],
  emit: (call) => call.op("Gather", [call.tensor("weight"), call.tensor("indices")], { axis: int(0) }),
};
