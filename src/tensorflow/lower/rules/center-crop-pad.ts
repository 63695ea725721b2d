// CenterCropPad: every axis cut or filled with zeros to its wanted size, around its centre.
// Source: https://onnx.ai/onnx/operators/onnx__CenterCropPad.html; of an odd difference the end takes the larger part.
import type { NodeFacts } from "../node-facts.ts";
import { padByVectors } from "../pad-dynamic.ts";
import { padValue } from "../pad-value.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";
import { spreadOverAxes } from "../spread-over-axes.ts";

/** Cells before each axis, and after it, where all sizes are fixed. */
function fixedPads(facts: NodeFacts): { begin: number[]; end: number[] } | undefined {
  const changes = facts.shape(0).map((from, axis) => {
    const to = facts.outputShape()[axis];
    return typeof from === "number" && typeof to === "number" ? to - from : undefined;
  });
  if (changes.includes(undefined)) return undefined;
  const begin = (changes as number[]).map((change) => Math.trunc(change / 2));
  return { begin, end: (changes as number[]).map((change, axis) => change - (begin[axis] ?? 0)) };
}

export const centerCropPad: LoweringRule = {
  op: "CenterCropPad",
  since: 18,
  layout: LOGICAL,
  emit(node) {
    const fixed = fixedPads(node);
    if (fixed) return padValue(node, node.logical(0), fixed.begin, fixed.end);
    const rank = node.rank(0);
    const axes = node.ints("axes") ?? Array.from({ length: rank }, (_, axis) => axis);
    const own = axes.map((axis) => node.shape(0)[node.axisOf(axis, rank)] ?? 1);
    const change = node.op("Sub", [node.cast(node.logical(1), "int64"), node.values.dims(own)]);
    const begin = node.op("TruncateDiv", [change, node.int64(2)]);
    const end = node.op("Sub", [change, begin]);
    const [before, after] = [begin, end].map((pads) =>
      spreadOverAxes(node, pads, node.int64s(axes), rank, 0),
    ) as [typeof begin, typeof end];
    return padByVectors(node, before, after);
  },
};
