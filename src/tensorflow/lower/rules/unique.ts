// Unique of flattened or one-dimensional data. TensorFlow gives the values in order of appearance; ONNX sorts them
// unless told not to, and also tells where each first stands, and which one every element is.
import type { DType } from "../../../tensor/dtype.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";
import { kernelType } from "../widened.ts";

export const unique: LoweringRule = {
  op: "Unique",
  since: 11,
  layout: LOGICAL,
  limits: "not slices along an axis; not uint64",
  refuse(facts) {
    if (facts.dtype(0) === "uint64") return "the order of uint64 has no kernel";
    return facts.node.attributes.has("axis") && facts.rank(0) !== 1
      ? "unique slices along an axis"
      : undefined;
  },
  emit(node) {
    const flat = node.op("Reshape", [node.logical(0), node.int64s([-1])]);
    const [values, places, counts] = node.tf.ops("UniqueWithCountsV2", [flat, node.int64s([0])], {
      out_idx: "int64",
    }) as [TfValue, TfValue, TfValue];
    const number = node.op("Size", [values], { out_type: "int64" });
    const count = node.op("Size", [flat], { out_type: "int64" });
    const range = node.op("Range", [node.int64(0), count, node.int64(1)]);
    const first = node.op("UnsortedSegmentMin", [range, places, number]);
    if (!node.int("sorted", 1)) return [values, first, places, counts];
    const order = ascending(node, values, number);
    const sorted = (value: TfValue) => node.op("GatherV2", [value, order, node.int32(0)]);
    const rank = node.op("InvertPermutation", [order]);
    return [
      sorted(values),
      sorted(first),
      node.op("GatherV2", [rank, places, node.int32(0)]),
      sorted(counts),
    ];
  },
};

/** The places of the values from the smallest to the largest. */
function ascending(node: NodeLowering, values: TfValue, count: TfValue): TfValue {
  const dtype = values.dtype as DType; // data are tensors of numbers
  const negation = isFloat(dtype) ? "Neg" : "Invert";
  const wide = kernelType(negation, dtype);
  const turned = node.op(negation, [node.cast(values, wide)]);
  const [, order] = node.tf.ops("TopKV2", [turned, node.cast(count, "int32")], {
    sorted: true,
    index_type: "int64",
  });
  return order as TfValue; // TopKV2 has two outputs
}
