// ArgMax, ArgMin and TopK. Of equal values TensorFlow and onnxruntime both give the first place.

import { isUnsigned } from "../../../tensor/dtype.ts";
import type { TfOperator } from "../../builder.ts";
import type { TfValue } from "../../graph.ts";
import { identityLayout } from "../../layout/layout.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { withoutAxes } from "../reduction.ts";
import { type FollowingLayout, LOGICAL, type LoweringRule } from "../rule.ts";
import { kernelType } from "../widened.ts";

const ALONG_AXIS: FollowingLayout = {
  kind: "follows",
  data: "first",
  through(facts, layout) {
    if (layout.folded) return undefined;
    return facts.int("keepdims", 1) ? layout : withoutAxes(layout, [facts.axis(0)]);
  },
};

function best(op: string, tensorflow: TfOperator): LoweringRule {
  const emit = (node: NodeLowering) => {
    const axis = node.physical(node.axis(0));
    const rank = node.rank(0);
    const last = node.int("select_last_index", 0) === 1;
    const data = last ? node.op("ReverseV2", [node.data(), node.int32s([axis])]) : node.data();
    const found = node.op(tensorflow, [data, node.int32(axis)], { output_type: "int64" });
    const size = node.values.dim(node.shape(0)[node.axis(0)] ?? 1);
    const place = last ? node.op("Sub", [node.op("Sub", [size, node.int64(1)]), found]) : found;
    return node.int("keepdims", 1) && rank > 0 ? node.op("ExpandDims", [place, node.int32(axis)]) : place;
  };
  return { op, since: 13, layout: ALONG_AXIS, emit };
}

export const topK: LoweringRule = {
  op: "TopK",
  since: 24,
  layout: LOGICAL,
  limits: "the smallest of uint64 are refused",
  refuse: (facts) =>
    facts.int("largest", 1) === 0 && isUnsigned(facts.dtype(0)) && facts.dtype(0) === "uint64"
      ? "the smallest of uint64 have no kernel"
      : undefined,
  emit(node) {
    const rank = node.rank(0);
    const axis = node.axis(-1);
    const order = identityLayout(rank).perm;
    const moved = [...order.filter((at) => at !== axis), axis];
    const data = node.transpose(node.logical(0), node.shape(0), moved);
    const k = node.single(1);
    const [values, places] = largest(node, data, node.cast(k, "int32"));
    const turned = moved.map((at) => node.outputShape()[at] ?? 1);
    const back = order.map((at) => moved.indexOf(at));
    return [node.transpose(values, turned, back), node.transpose(places, turned, back)];
  },
};

/** The k largest along the last axis, or the smallest as the largest of the negated. */
function largest(node: NodeLowering, data: TfValue, k: TfValue): [TfValue, TfValue] {
  const dtype = node.dtype(0);
  const sort = (value: TfValue) => {
    return node.tf.ops("TopKV2", [value, k], { sorted: true, index_type: "int64" }) as [TfValue, TfValue];
  };
  if (node.int("largest", 1)) return sort(data);
  const negation = dtype.startsWith("int") || dtype.startsWith("uint") ? "Invert" : "Neg"; // -x - 1 overflows nowhere
  const wide = kernelType(negation, dtype);
  const [values, places] = sort(node.op(negation, [node.cast(data, wide)]));
  return [node.cast(node.op(negation, [values]), dtype), places];
}

export const ARGS: readonly LoweringRule[] = [best("ArgMax", "ArgMax"), best("ArgMin", "ArgMin"), topK];
