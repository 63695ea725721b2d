// Transpose of a Transpose: one permutation, or none.
import { ints } from "../../graph/attribute.ts";
import { attributeOf, type Node } from "../../graph/graph.ts";
import { defineRewrite } from "../rewrite.ts";

interface Match {
  readonly first: Node;
  readonly perm: readonly number[];
}

export const TRANSPOSE_PAIRS = defineRewrite<Match>({
  name: "Transpose of Transpose",
  ops: ["Transpose"],
  match(second) {
    const first = second.inputs[0]?.producer;
    if (first?.op !== "Transpose" || first.domain !== "" || !first.inputs[0]) return undefined;
    const inner = attributeOf(first, "perm", "ints");
    const outer = attributeOf(second, "perm", "ints");
    if (!inner || !outer) return undefined;
    return { first, perm: outer.map((axis) => inner[axis] ?? axis) };
  },
  rewrite({ first, perm }, build) {
    return build.emit("Transpose", [first.inputs[0]], { perm: ints(perm) });
  },
});
