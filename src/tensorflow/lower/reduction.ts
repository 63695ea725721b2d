// What reductions share: their axes, in the layout that the data stand in, and the layout of what is left.

import type { TfValue } from "../graph.ts";
import type { Layout } from "../layout/layout.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { NodeLowering } from "./node-lowering.ts";
import { type FollowingLayout, type LayoutClass, LOGICAL } from "./rule.ts";

/** The reduced axes counted from the front; undefined if only running tells. */
export function reducedAxes(facts: NodeFacts): readonly number[] | undefined {
  const rank = facts.rank(0);
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (!facts.has(1)) return facts.int("noop_with_empty_axes", 0) ? [] : all;
  const axes = facts.shape(1)[0] === 0 ? [] : facts.numbers(1);
  if (!axes) return undefined;
  if (axes.length === 0) return facts.int("noop_with_empty_axes", 0) ? [] : all;
  return axes.map((axis) => facts.axisOf(axis, rank)).sort((a, b) => a - b);
}

/** The layout of a value that lost some axes. */
export function withoutAxes(layout: Layout, axes: readonly number[]): Layout {
  const kept = layout.perm.filter((axis) => !axes.includes(axis));
  const numbers = [...kept].sort((a, b) => a - b);
  return { perm: kept.map((axis) => numbers.indexOf(axis)) };
}

const REDUCING: FollowingLayout = {
  kind: "follows",
  data: "first",
  through(facts, layout) {
    if (layout.folded) return undefined;
    return facts.int("keepdims", 1) ? layout : withoutAxes(layout, reducedAxes(facts) ?? []);
  },
};

export function reductionLayout(facts: NodeFacts): LayoutClass {
  return reducedAxes(facts) ? REDUCING : LOGICAL;
}

/** Why the axes cannot be reduced: an empty list would mean all of them. */
export function refuseAxes(facts: NodeFacts): string | undefined {
  const free = !reducedAxes(facts) && typeof facts.shape(1)[0] !== "number";
  return free ? "the number of its axes is not known before the model runs" : undefined;
}

/** The reduced axes where they stand, as TensorFlow's second input. */
export function physicalAxes(node: NodeLowering): TfValue {
  const axes = reducedAxes(node);
  if (!axes) return node.logical(1);
  return node.int32s(axes.map((axis) => node.physical(axis)).sort((a, b) => a - b));
}
