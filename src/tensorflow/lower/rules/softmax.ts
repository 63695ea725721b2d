// Softmax and LogSoftmax along one axis; TensorFlow has them along the last. Hardmax: one at the largest, else zero.

import { type Dim, productOf } from "../../../graph/dim.ts";
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

/** Beyond five axes oneDNN's Softmax ends a run with an error in TensorFlow 2.21, beyond seven ArgMax does. */
const MAX_RANK = 5;

type Along = (node: NodeLowering, x: TfValue) => TfValue;

function alongLast(op: string, since: number, last: Along): LoweringRule {
  return {
    op,
    since,
    layout: AXIS_LAST,
    emit(node) {
      const rank = node.rank(0);
      if (rank === 0)
        return node.cast(node.reshape(last(node, node.reshape(node.data(), [1])), []), node.dtype(0));
      const at = node.physical(node.axis(-1));
      const shape = node.ordered(node.shape(0));
      if (at === rank - 1) return shallow(node, node.data(), shape, last);
      const logical = identityLayout(rank).perm;
      const moved = [...logical.filter((axis) => axis !== at), at];
      const turned = moved.map((axis) => shape[axis] as Dim);
      const data = node.transpose(node.data(), shape, moved);
      const back = logical.map((axis) => moved.indexOf(axis));
      return node.transpose(shallow(node, data, turned, last), turned, back);
    },
  };
}

/** What has too many axes is given with several of those in front, which are all alike, as one. */
function shallow(node: NodeLowering, x: TfValue, shape: readonly Dim[], last: Along): TfValue {
  const beyond = shape.length - MAX_RANK;
  if (beyond <= 0) return last(node, x);
  const fewer = [productOf(shape.slice(0, beyond + 1)), ...shape.slice(beyond + 1)];
  return node.reshape(last(node, node.reshape(x, fewer)), shape);
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
