// Softmax and LogSoftmax along one axis; TensorFlow has them along the last. Hardmax: one at the largest, else zero.

import type { TfValue } from "../../graph.ts";
import { identityLayout } from "../../layout/layout.ts";
import type { NodeLowering } from "../node-lowering.ts";
import type { FollowingLayout, LoweringRule } from "../rule.ts";
import { widened } from "../widened.ts";

/** Free where the axis stands last; else the logical order, and the rule moves the axis itself. */
const AXIS_LAST: FollowingLayout = {
  kind: "follows",
  data: "first",
  through: (facts, layout) => (!layout.folded && layout.perm.at(-1) === facts.axis(-1) ? layout : undefined),
};

function alongLast(
  op: string,
  since: number,
  last: (node: NodeLowering, x: TfValue) => TfValue,
): LoweringRule {
  return {
    op,
    since,
    layout: AXIS_LAST,
    emit(node) {
      const rank = node.rank(0);
      if (rank === 0)
        return node.cast(node.reshape(last(node, node.reshape(node.data(), [1])), []), node.dtype(0));
      const at = node.physical(node.axis(-1));
      if (at === rank - 1) return last(node, node.data());
      const logical = identityLayout(rank).perm;
      const moved = [...logical.filter((axis) => axis !== at), at];
      const shape = node.ordered(node.shape(0));
      const turned = node.transpose(node.data(), shape, moved);
      const back = logical.map((axis) => moved.indexOf(axis));
      return node.transpose(
        last(node, turned),
        moved.map((axis) => shape[axis] as number),
        back,
      );
    },
  };
}

function hardmax(node: NodeLowering, x: TfValue): TfValue {
  const best = node.op("ArgMax", [x, node.int32(-1)], { output_type: "int64" });
  const depth = node.shape(0)[node.axis(-1)] ?? 1;
  const size = node.cast(node.values.dim(depth), "int32");
  const dtype = node.dtype(0);
  return node.op("OneHot", [best, size, node.scalar(dtype, 1), node.scalar(dtype, 0)]);
}

export const SOFTMAXES: readonly LoweringRule[] = [
  alongLast("Softmax", 13, (node, x) => widened(node, "Softmax", [x])),
  alongLast("LogSoftmax", 13, (node, x) => widened(node, "LogSoftmax", [x])),
  alongLast("Hardmax", 13, hardmax),
];
