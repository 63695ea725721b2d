// A Reshape whose target shape is computed from sizes gets it as a constant: 0 keeps a size, one -1 takes the rest.
// This frees the Shape -> Gather -> Concat chains with which exporters carry a free batch.
import { int64Tensor } from "../../graph/builder.ts";
import { type Dim, sameDim } from "../../graph/dim.ts";
import type { Node } from "../../graph/graph.ts";
import { defineRewrite } from "../rewrite.ts";

interface Match {
  readonly reshape: Node;
  readonly sizes: readonly number[] | undefined;
}

export const RESHAPE_TARGET = defineRewrite<Match>({
  name: "Reshape to a constant shape",
  ops: ["Reshape"],
  match(reshape, { typed }) {
    const [data, target] = reshape.inputs;
    const [output] = reshape.outputs;
    if (!data || !output || !target || target.initializer) return undefined;
    const from = typed.knownType(data);
    const to = typed.knownType(output);
    if (from?.kind !== "tensor" || to?.kind !== "tensor" || !from.shape || !to.shape) return undefined;
    return typed.contentsOf(target) ? { reshape, sizes: constantTarget(from.shape, to.shape) } : undefined;
  },
  refuse({ sizes }) {
    return sizes ? undefined : "more than one size is free and none of them is kept in place";
  },
  rewrite({ reshape, sizes = [] }, build) {
    const target = build.constant(int64Tensor(sizes, [sizes.length]));
    return build.emit("Reshape", [reshape.inputs[0], target]);
  },
});

/** With a size 0 beside it, -1 would be undecided. */
function constantTarget(from: readonly Dim[], to: readonly Dim[]): readonly number[] | undefined {
  const sizes = to.map((dim) => (typeof dim === "number" ? dim : -1));
  if (sizes.includes(0)) return undefined;
  for (const [axis, size] of sizes.entries()) {
    const free = sizes.filter((other) => other === -1).length;
    const same = from[axis] !== undefined && sameDim(from[axis], to[axis] ?? 0);
    if (size === -1 && free > 1 && same) sizes[axis] = 0;
  }
  return sizes.filter((size) => size === -1).length <= 1 ? sizes : undefined;
}
