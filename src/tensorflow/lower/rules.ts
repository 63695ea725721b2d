// The rules by operator. A new rule is one line here.
import type { Node } from "../../graph/graph.ts";
import type { LoweringRule } from "./rule.ts";
import { RULES } from "./rules/index.ts";

const BY_OPERATOR: ReadonlyMap<string, LoweringRule> = new Map(
  RULES.map((rule) => [rule.domain ? `${rule.domain}::${rule.op}` : rule.op, rule]),
);

/** The rule for a node, if there is one. */
export function ruleOf(node: Node): LoweringRule | undefined {
  return BY_OPERATOR.get(node.operator);
}

/** The operators that can be lowered, for documentation. */
export function loweredOperators(): readonly string[] {
  return [...BY_OPERATOR.keys()].sort();
}
