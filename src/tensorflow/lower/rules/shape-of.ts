// Shape, Size and ConstantOfShape. Sizes known at conversion are constants; others are read from the value as it stands.

import { attributeOf } from "../../../graph/graph.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import { reshaped } from "../../../tensor/transpose.ts";
import type { TfValue } from "../../graph.ts";
import { identityLayout } from "../../layout/layout.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { type FollowingLayout, LOGICAL, type LoweringRule } from "../rule.ts";

/** The data may stand in any order; the result is a vector or scalar. */
const READS_SIZES: FollowingLayout = {
  kind: "follows",
  data: "first",
  through: (facts, layout) => (layout.folded ? undefined : identityLayout(facts.outputRank())),
};

/** The axes that attributes start and end select, clamped as slices are. */
function selectedAxes(facts: NodeFacts): number[] {
  const rank = facts.rank(0);
  const clamp = (axis: number) => Math.min(rank, Math.max(0, facts.axisOf(axis, rank)));
  const [start, end] = [clamp(facts.int("start", 0)), clamp(facts.int("end", rank))];
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}

export const shape: LoweringRule = {
  op: "Shape",
  since: 21,
  layout: READS_SIZES,
  emit(node) {
    const axes = selectedAxes(node);
    const dims = axes.map((axis) => node.shape(0)[axis] ?? 1);
    if (dims.every((dim) => typeof dim === "number")) return node.int64s(dims as number[]);
    const sizes = node.op("Shape", [node.data()], { out_type: "int64" });
    const stands = axes.map((axis) => node.physical(axis));
    if (stands.length === node.rank(0) && stands.every((axis, index) => axis === index)) return sizes;
    return node.op("GatherV2", [sizes, node.int32s(stands), node.int32(0)]);
  },
};

export const size: LoweringRule = {
  op: "Size",
  since: 21,
  layout: READS_SIZES,
  emit: (node) => node.op("Size", [node.data()], { out_type: "int64" }),
};

export const constantOfShape: LoweringRule = {
  op: "ConstantOfShape",
  since: 21,
  layout: LOGICAL,
  emit(node) {
    const given = attributeOf(node.node, "value", "tensor");
    const value = given ? reshaped(given, []) : tensorOfNumbers("float32", [], [0]);
    return node.op("Fill", [dimsOf(node, 0), node.tf.constant(value)]);
  },
};

/** A vector of sizes: as far as they are known without running the nodes that compute it. */
export function dimsOf(node: NodeLowering, input: number): TfValue {
  const contents = node.contents(input);
  return contents?.every((dim) => typeof dim === "number")
    ? node.int64s(contents as number[])
    : node.logical(input);
}
