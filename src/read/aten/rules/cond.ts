// A choice between two bodies, made at run time.
import { subgraph } from "../../../graph/attribute.ts";
import type { Rule } from "../rule.ts";

export const COND: Rule = {
  targets: ["higher_order::cond"],
  emit(call) {
    const operands = call.tensors("3");
    const bodies = {
      then_branch: subgraph(call.body("1", operands)),
      else_branch: subgraph(call.body("2", operands)),
    };
    return call.builder.emitAll("If", [call.scalarValue("0")], bodies, {
      outputs: call.outputNames().length,
    });
  },
};
