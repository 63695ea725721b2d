// Operators that give their input on: Identity, and Dropout at inference.
import { ELEMENTWISE, type LoweringRule } from "../rule.ts";

export const identity: LoweringRule = {
  op: "Identity",
  since: 1,
  layout: ELEMENTWISE,
  emit: (node) => node.operand(0),
};

export const dropout: LoweringRule = {
  op: "Dropout",
  since: 13,
  layout: ELEMENTWISE,
  limits: "not in training mode",
  refuse: (facts) => {
    if (!facts.has(2)) return undefined;
    const training = facts.numbers(2);
    return training?.[0] === 0 ? undefined : "training_mode is on or not known before the model runs";
  },
  emit(node) {
    const data = node.operand(0);
    if (!node.wants(1)) return data;
    const shape = node.op("Shape", [data], { out_type: "int64" });
    return [data, node.op("Fill", [shape, node.scalar("bool", 1)])];
  },
};
