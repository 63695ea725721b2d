// Transpose: moves nothing here. The result is the same bytes in another layout; a reader that wants them in order
// makes the one transpose that is left.
import type { NodeFacts } from "../node-facts.ts";
import type { LoweringRule } from "../rule.ts";

/** The order of axes a Transpose asks for; reversed if it does not say. */
function permOf(facts: NodeFacts): readonly number[] {
  return facts.ints("perm") ?? Array.from({ length: facts.rank(0) }, (_, axis) => facts.rank(0) - 1 - axis);
}

export const transpose: LoweringRule = {
  op: "Transpose",
  since: 21,
  layout: {
    kind: "follows",
    data: "first",
    through(facts, layout) {
      if (layout.folded) return undefined;
      const perm = permOf(facts);
      return { perm: layout.perm.map((axis) => perm.indexOf(axis)) };
    },
  },
  emit: (node) => node.data(),
};
