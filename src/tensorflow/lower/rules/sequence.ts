// Operators along a running axis: ReverseSequence, CumProd, Compress.
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

export const reverseSequence: LoweringRule = {
  op: "ReverseSequence",
  since: 10,
  layout: LOGICAL,
  emit: (node) =>
    node.op("ReverseSequence", [node.logical(0), node.logical(1)], {
      seq_dim: node.int("time_axis", 0),
      batch_dim: node.int("batch_axis", 1),
    }),
};

export const cumProd: LoweringRule = {
  op: "CumProd",
  since: 26,
  layout: LOGICAL,
  emit: (node) =>
    node.op("Cumprod", [node.logical(0), node.single(1)], {
      exclusive: node.int("exclusive", 0) === 1,
      reverse: node.int("reverse", 0) === 1,
    }),
};

/** The slices along an axis for which the condition holds; without an axis, of the flattened data. */
export const compress: LoweringRule = {
  op: "Compress",
  since: 11,
  layout: LOGICAL,
  emit(node) {
    const axis = node.node.attributes.has("axis") ? node.axis(0) : undefined;
    const data = axis === undefined ? flat(node) : node.logical(0);
    const places = node.op("Reshape", [node.op("Where", [node.logical(1)]), node.int64s([-1])]);
    return node.op("GatherV2", [data, places, node.int32(axis ?? 0)]);
  },
};

function flat(node: NodeLowering): TfValue {
  return node.op("Reshape", [node.logical(0), node.int64s([-1])]);
}
