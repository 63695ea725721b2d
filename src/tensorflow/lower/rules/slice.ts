// Slice: a StridedSlice over all axes, in the order in which they stand.
// Both clamp alike, and both count negative places from the end; ONNX's "before the first element" of a negative step
// is a place far below zero, which TensorFlow clamps too.
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ANY_ORDER, LOGICAL, type LoweringRule } from "../rule.ts";
import { spreadOverAxes } from "../spread-over-axes.ts";

/** StridedSlice's kernels. */
const MAX_RANK = 8;
/** Beyond every axis; the numbers that JavaScript holds exactly end here. */
const TO_THE_END = Number.MAX_SAFE_INTEGER;

function axesOf(facts: NodeFacts): number[] | undefined {
  const count = facts.shape(1)[0];
  const rank = facts.rank(0);
  if (facts.has(3)) return facts.numbers(3)?.map((axis) => facts.axisOf(axis, rank));
  return typeof count === "number" ? Array.from({ length: count }, (_, axis) => axis) : undefined;
}

export const slice: LoweringRule = {
  op: "Slice",
  since: 13,
  layout: (facts) => (axesOf(facts) ? ANY_ORDER : LOGICAL),
  limits: "the axes are known; at most 8 dimensions",
  refuse(facts) {
    if (!axesOf(facts) && !facts.has(3)) return "the number of its axes is not known before the model runs";
    return facts.rank(0) > MAX_RANK
      ? `${facts.rank(0)} dimensions, TensorFlow slices at most ${MAX_RANK}`
      : undefined;
  },
  emit(node) {
    const axes = axesOf(node);
    if (!axes) return alongFreeAxes(node);
    const begin = places(node, 1, axes, 0);
    const end = places(node, 2, axes, 0);
    const steps = node.has(4) ? places(node, 4, axes, 1) : node.int64s(node.layout.perm.map(() => 1));
    const open = [...node.layout.perm.keys()].filter((at) => !axes.includes(node.layout.perm[at] ?? 0));
    const mask = open.reduce((bits, at) => bits | (1 << at), 0);
    return node.op("StridedSlice", [node.data(), begin, end, steps], { begin_mask: mask, end_mask: mask });
  },
};

/** Which axes are cut only running tells: all are, those that are not meant from end to end. */
function alongFreeAxes(node: NodeLowering): TfValue {
  const rank = node.rank(0);
  const axes = node.cast(node.logical(3), "int64");
  const spread = (input: number, otherwise: number) =>
    spreadOverAxes(node, node.cast(node.logical(input), "int64"), axes, rank, otherwise);
  const steps = node.has(4) ? spread(4, 1) : node.int64s(new Array<number>(rank).fill(1));
  return node.op("StridedSlice", [node.logical(0), spread(1, 0), spread(2, TO_THE_END), steps]);
}

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
