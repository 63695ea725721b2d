// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: minus the weight of the target's class times its log
// probability; targets equal to ignore_index count nothing. The mean divides by the weights that count.
// Source: https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html
import { attributeOf } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

/** The class axis last: [N, d..., C]. */
function classesLast(node: NodeLowering): TfValue {
  const rank = node.rank(0);
  const perm = [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
  return rank <= 2 ? node.logical(0) : node.op("Transpose", [node.logical(0), node.int32s(perm)]);
}

function classesSecond(node: NodeLowering, value: TfValue): TfValue {
  const rank = node.rank(0);
  const perm = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
  return rank <= 2 ? value : node.op("Transpose", [value, node.int32s(perm)]);
}

function lossOf(node: NodeLowering, logs: TfValue): TfValue {
  const dtype: DType = node.dtype(0);
  const target = node.cast(node.logical(1), "int64");
  const ignored = attributeOf(node.node, "ignore_index", "int");
  const counts = ignored === undefined ? undefined : node.op("NotEqual", [target, node.int64(ignored)]);
  const safe = counts ? node.op("SelectV2", [counts, target, node.op("ZerosLike", [target])]) : target;
  const rank = node.rank(1);
  const picked = node.op("GatherV2", [logs, safe, node.int32(rank)], { batch_dims: rank });
  const ones = node.op("Fill", [node.op("Shape", [target], { out_type: "int64" }), node.scalar(dtype, 1)]);
  const classWeights = node.has(2) ? node.op("GatherV2", [node.logical(2), safe, node.int32(0)]) : ones;
  const zeros = node.op("ZerosLike", [classWeights]);
  const weights = counts ? node.op("SelectV2", [counts, classWeights, zeros]) : classWeights;
  const losses = node.op("Neg", [node.op("Mul", [picked, weights])]);
  const all = node.int32s(Array.from({ length: rank }, (_, axis) => axis));
  const reduction = node.string("reduction", "mean");
  if (reduction === "none") return losses;
  const sum = node.op("Sum", [losses, all]);
  return reduction === "sum" ? sum : node.op("RealDiv", [sum, node.op("Sum", [weights, all])]);
}

export const LOSSES: readonly LoweringRule[] = [
  {
    op: "NegativeLogLikelihoodLoss",
    since: 22,
    layout: LOGICAL,
    emit: (node) => lossOf(node, classesLast(node)),
  },
  {
    op: "SoftmaxCrossEntropyLoss",
    since: 13,
    layout: LOGICAL,
    emit(node) {
      const logs = node.op("LogSoftmax", [classesLast(node)]);
      const loss = lossOf(node, logs);
      return node.wants(1) ? [loss, classesSecond(node, logs)] : loss;
    },
  },
];
