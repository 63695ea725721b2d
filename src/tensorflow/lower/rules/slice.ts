// Slice: a StridedSlice over all axes, in the order in which they stand.
// Both clamp alike, and both count negative places from the end; ONNX's "before the first element" of a negative step
// is a place far below zero, which TensorFlow clamps too.
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ANY_ORDER, type LoweringRule } from "../rule.ts";

/** StridedSlice's kernels. */
const MAX_RANK = 8;

function axesOf(facts: NodeFacts): number[] | undefined {
  const count = facts.shape(1)[0];
  const rank = facts.rank(0);
  if (facts.has(3)) return facts.numbers(3)?.map((axis) => facts.axisOf(axis, rank));
  return typeof count === "number" ? Array.from({ length: count }, (_, axis) => axis) : undefined;
}

export const slice: LoweringRule = {
  op: "Slice",
  since: 13,
  layout: ANY_ORDER,
  refuse(facts) {
    if (!axesOf(facts)) return "its axes are not known before the model runs";
    return facts.rank(0) > MAX_RANK
      ? `${facts.rank(0)} dimensions, TensorFlow slices at most ${MAX_RANK}`
      : undefined;
  },
  emit(node) {
    const axes = axesOf(node) ?? [];
    const begin = places(node, 1, axes, 0);
    const end = places(node, 2, axes, 0);
    const steps = node.has(4) ? places(node, 4, axes, 1) : node.int64s(node.layout.perm.map(() => 1));
    const open = [...node.layout.perm.keys()].filter((at) => !axes.includes(node.layout.perm[at] ?? 0));
    const mask = open.reduce((bits, at) => bits | (1 << at), 0);
    return node.op("StridedSlice", [node.data(), begin, end, steps], { begin_mask: mask, end_mask: mask });
  },
};

/** Input `input`, one number for each of `axes`, spread over all axes as they stand. */
function places(node: NodeLowering, input: number, axes: readonly number[], otherwise: number): TfValue {
  const numbers = node.numbers(input);
  if (numbers) {
    return node.int64s(node.layout.perm.map((axis) => numbers[axes.indexOf(axis)] ?? otherwise));
  }
  const given = node.cast(node.logical(input), "int64");
  const order = node.layout.perm.map((axis) => (axes.includes(axis) ? axes.indexOf(axis) : axes.length));
  if (order.length === axes.length && order.every((place, index) => place === index)) return given;
  const filled = node.op("ConcatV2", [[given, node.int64s([otherwise])], node.int32(0)]);
  return node.op("GatherV2", [filled, node.int32s(order), node.int32(0)]);
}
