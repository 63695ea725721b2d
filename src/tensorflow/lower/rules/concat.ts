// Concat and Split along one axis, wherever it stands.
import type { FollowingLayout, LoweringRule } from "../rule.ts";
import { ANY_ORDER } from "../rule.ts";

const ALL_ALIKE: FollowingLayout = { ...ANY_ORDER, data: "all" };

export const concat: LoweringRule = {
  op: "Concat",
  since: 13,
  layout: ALL_ALIKE,
  emit(node) {
    const values = node.node.inputs.map((_, input) => node.data(input));
    const [only] = values;
    if (only && values.length === 1) return only;
    return node.op("ConcatV2", [values, node.int32(node.physical(node.axis(0)))]);
  },
};

export const split: LoweringRule = {
  op: "Split",
  since: 18,
  layout: ANY_ORDER,
  limits: "the sizes, or that of the axis, are known",
  refuse: (facts) => {
    const last = facts.node.outputs.length - 1;
    const size = facts.wants(last) ? facts.outputShape(last)[facts.axis(0)] : undefined;
    const known =
      facts.has(1) || typeof facts.shape(0)[facts.axis(0)] === "number" || typeof size === "number";
    return known || facts.node.outputs.length === 1
      ? undefined
      : "the size of the axis it splits is not fixed";
  },
  emit(node) {
    const axis = node.axis(0);
    const count = node.node.outputs.length;
    if (count === 1) return node.data();
    const sizes = node.has(1) ? node.logical(1) : node.int64s(evenly(node.shape(0)[axis] as number, count));
    return node.tf.ops("SplitV", [node.data(), sizes, node.int32(node.physical(axis))], { num_split: count });
  },
};

/** Equal parts; the last one is smaller where they do not divide the size. */
function evenly(size: number, count: number): number[] {
  const part = Math.ceil(size / count);
  return Array.from({ length: count }, (_, index) => Math.max(0, Math.min(part, size - index * part)));
}
