// Unique values of the whole data, or unique slices along an axis. TensorFlow gives them in order of appearance; ONNX
// sorts them unless told not to, and also tells where each first stands, and which one every element or slice is.
// Slices are sorted by their first elements, then by their second ones: by a stable sort for each element, the last
// one first.
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfValue } from "../../graph.ts";
import { countedLoop } from "../../while-loop.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";
import { kernelType } from "../widened.ts";

export const unique: LoweringRule = {
  op: "Unique",
  since: 11,
  layout: LOGICAL,
  limits: "not slices along an axis; not uint64",
  refuse: (facts) => (facts.dtype(0) === "uint64" ? "the order of uint64 has no kernel" : undefined),
  emit(node) {
    const sliced = node.node.attributes.has("axis") && node.rank(0) !== 1;
    const rows = sliced ? slices(node) : node.op("Reshape", [node.logical(0), node.int64s([-1])]);
    const [values, places, counts] = node.tf.ops("UniqueWithCountsV2", [rows, node.int64s([0])], {
      out_idx: "int64",
    }) as [TfValue, TfValue, TfValue];
    const number = node.op("Size", [counts], { out_type: "int64" });
    const count = node.op("Size", [places], { out_type: "int64" });
    const range = node.op("Range", [node.int64(0), count, node.int64(1)]);
    const first = node.op("UnsortedSegmentMin", [range, places, number]);
    const whole = (found: TfValue) => (sliced ? joined(node, found) : found);
    if (!node.int("sorted", 1)) return [whole(values), first, places, counts];
    const order = sliced ? lexical(node, values, number) : ascending(node, values, number);
    const sorted = (value: TfValue) => node.op("GatherV2", [value, order, node.int32(0)]);
    const rank = node.op("InvertPermutation", [order]);
    return [
      whole(sorted(values)),
      sorted(first),
      node.op("GatherV2", [rank, places, node.int32(0)]),
      sorted(counts),
    ];
  },
};

/** The axis first, then the others: a permutation and its inverse. */
function axisFirst(node: NodeLowering): { to: number[]; back: number[] } {
  const others = Array.from({ length: node.rank(0) }, (_, axis) => axis).filter(
    (axis) => axis !== node.axis(0),
  );
  const to = [node.axis(0), ...others];
  return { to, back: to.map((_, axis) => to.indexOf(axis)) };
}

/** [slices, elements of each] */
function slices(node: NodeLowering): TfValue {
  const { to } = axisFirst(node);
  const moved = node.transpose(node.logical(0), node.shape(0), to);
  const sizes = to.map((axis) => node.shape(0)[axis] as Dim); // a permutation of the axes
  return node.reshape(moved, [sizes[0] as Dim, productOf(sizes.slice(1))]);
}

/** Slices in the shape of the data, as many as there are. */
function joined(node: NodeLowering, rows: TfValue): TfValue {
  const { to, back } = axisFirst(node);
  const rest = node.values.dims(to.slice(1).map((axis) => node.shape(0)[axis] as Dim)); // a permutation of the axes
  const shape = node.op("ConcatV2", [[node.int64s([-1]), rest], node.int32(0)]);
  return node.op("Transpose", [node.op("Reshape", [rows, shape]), node.int32s(back)]);
}

/** The places of the rows from the smallest to the largest. */
function lexical(node: NodeLowering, rows: TfValue, count: TfValue): TfValue {
  const columns = node.op("Transpose", [turned(node, rows), node.int32s([1, 0])]);
  const width = node.op("StridedSlice", [
    node.op("Shape", [columns], { out_type: "int32" }),
    node.int32s([0]),
    node.int32s([1]),
    node.int32s([1]),
  ]);
  const number = node.op("Reshape", [width, node.int32s([])]);
  const last = node.op("Sub", [number, node.int32(1)]);
  const start = node.op("Range", [node.int64(0), count, node.int64(1)]);
  const k = node.cast(count, "int32");
  const { states } = countedLoop(
    node.tf,
    number,
    [start],
    [],
    (body, index, [order]) => {
      const along = body.tf.constant(tensorOfNumbers("int32", [], [0]));
      const column = body.tf.op("Sub", [body.capture(last), index]);
      const values = body.tf.op("GatherV2", [body.capture(columns), column, along]);
      const before = order as TfValue; // the one state
      const here = body.tf.op("GatherV2", [values, before, along]);
      const [, places] = body.tf.ops("TopKV2", [here, body.capture(k)], {
        sorted: true,
        index_type: "int64",
      });
      return { states: [body.tf.op("GatherV2", [before, places as TfValue, along])], collected: [] };
    },
    [],
  );
  return states[0] as TfValue; // the one state
}

/** The places of the values from the smallest to the largest. */
function ascending(node: NodeLowering, values: TfValue, count: TfValue): TfValue {
  const [, order] = node.tf.ops("TopKV2", [turned(node, values), node.cast(count, "int32")], {
    sorted: true,
    index_type: "int64",
  });
  return order as TfValue; // TopKV2 has two outputs
}

/** The smallest becomes the largest. */
function turned(node: NodeLowering, values: TfValue): TfValue {
  const dtype = values.dtype as DType; // data are tensors of numbers
  const negation = isFloat(dtype) ? "Neg" : "Invert";
  return node.op(negation, [node.cast(values, kernelType(negation, dtype))]);
}
