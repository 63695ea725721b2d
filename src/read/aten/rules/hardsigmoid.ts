// hardsigmoid(x) = relu6(x + 3) / 6.
import { float } from "../../../graph/attribute.ts";
import type { Rule } from "../rule.ts";

export const HARDSIGMOID: Rule = {
  targets: ["aten::hardsigmoid.default"],
  emit: (call) => call.op("HardSigmoid", [call.tensor("self")], { alpha: float(1 / 6), beta: float(0.5) }),
};
