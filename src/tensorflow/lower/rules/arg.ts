// ArgMax, ArgMin and TopK. Of equal values TensorFlow and onnxruntime both give the first place.

import { type Dim, productOf } from "../../../graph/dim.ts";
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

/** TensorFlow's ArgMax and ArgMin take no more axes. */
const MAX_RANK = 7;

function best(op: string, tensorflow: TfOperator): LoweringRule {
  const emit = (node: NodeLowering) => {
    const axis = node.physical(node.axis(0));
    const rank = node.rank(0);
    const last = node.int("select_last_index", 0) === 1;
    const data = last ? node.op("ReverseV2", [node.data(), node.int32s([axis])]) : node.data();
    const found =
      rank > MAX_RANK ? bestOfMany(node, tensorflow, data, axis) : along(node, tensorflow, data, axis);
    const size = node.values.dim(node.shape(0)[node.axis(0)] ?? 1);
    const place = last ? node.op("Sub", [node.op("Sub", [size, node.int64(1)]), found]) : found;
    return node.int("keepdims", 1) && rank > 0 ? node.op("ExpandDims", [place, node.int32(axis)]) : place;
  };
  return { op, since: 13, layout: ALONG_AXIS, emit };
}

function along(node: NodeLowering, tensorflow: TfOperator, data: TfValue, axis: number): TfValue {
  return node.op(tensorflow, [data, node.int32(axis)], { output_type: "int64" });
}

/** Along an axis of too many: those before it as one, and those behind. */
function bestOfMany(node: NodeLowering, tensorflow: TfOperator, data: TfValue, axis: number): TfValue {
  const shape = node.ordered(node.shape(0));
  const [before, behind] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const three = node.reshape(data, [productOf(before), shape[axis] as Dim, productOf(behind)]);
  return node.reshape(along(node, tensorflow, three, 1), [...before, ...behind]);
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
