// Operators that make numbers from nothing: Range, EyeLike, OneHot, CumSum, Trilu.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { ANY_ORDER, LOGICAL, type LoweringRule } from "../rule.ts";
import { kernelType, widened } from "../widened.ts";

export const range: LoweringRule = {
  op: "Range",
  since: 11,
  layout: LOGICAL,
  emit(node) {
    const dtype = kernelType("Range", node.dtype(0), "Tidx");
    const [start, limit, delta] = [0, 1, 2].map((input) => node.cast(node.logical(input), dtype)) as [
      TfValue,
      TfValue,
      TfValue,
    ];
    return node.cast(node.op("Range", [start, limit, delta]), node.dtype(0));
  },
};

/** column - row of every place in the last two axes, shaped [rows, columns]. */
function diagonals(node: NodeLowering, input: number): TfValue {
  const shape = node.shape(input);
  const count = (axis: number) =>
    node.op("Range", [node.int64(0), node.values.dim(shape.at(axis) ?? 1), node.int64(1)]);
  const rows = node.op("Reshape", [count(-2), node.int64s([-1, 1])]);
  return node.op("Sub", [count(-1), rows]);
}

export const trilu: LoweringRule = {
  op: "Trilu",
  since: 14,
  layout: LOGICAL,
  emit(node) {
    const k = node.has(1) ? node.single(1) : node.int64(0);
    const upper = node.int("upper", 1) === 1;
    const kept = node.op(upper ? "GreaterEqual" : "LessEqual", [diagonals(node, 0), k]);
    return node.op("SelectV2", [kept, node.logical(0), node.op("ZerosLike", [node.logical(0)])]);
  },
};

export const eyeLike: LoweringRule = {
  op: "EyeLike",
  since: 22,
  layout: LOGICAL,
  emit(node) {
    const ones = node.op("Equal", [diagonals(node, 0), node.int64(node.int("k", 0))]);
    return node.cast(ones, node.outputType().dtype);
  },
};

// Places below -depth and from depth on are all off; negative ones count from the end.
export const oneHot: LoweringRule = {
  op: "OneHot",
  since: 11,
  layout: LOGICAL,
  emit(node) {
    const depth = node.cast(node.single(1), "int64");
    const indices = node.cast(node.logical(0), "int64");
    const below = node.op("Less", [indices, node.int64(0)]);
    const places = node.op("SelectV2", [below, node.op("AddV2", [indices, depth]), indices]);
    const [off, on] = node.tf.ops("Unpack", [node.logical(2)], { num: 2, axis: 0 }) as [TfValue, TfValue];
    const axis = node.axisOf(node.int("axis", -1), node.outputRank());
    const last = axis === node.outputRank() - 1;
    return node.op("OneHot", [places, node.cast(depth, "int32"), on, off], { axis: last ? -1 : axis });
  },
};

export const cumSum: LoweringRule = {
  op: "CumSum",
  since: 14,
  layout: (facts) => (facts.numbers(1) ? ANY_ORDER : LOGICAL),
  emit(node) {
    const [axis] = node.numbers(1) ?? [];
    const at = axis === undefined ? node.single(1) : node.int32(node.physical(axis));
    return node.op("Cumsum", [node.data(), at], {
      exclusive: node.int("exclusive", 0) === 1,
      reverse: node.int("reverse", 0) === 1,
    });
  },
};

export const isInf: LoweringRule = {
  op: "IsInf",
  since: 20,
  layout: { kind: "follows", data: "all", through: (_, layout) => layout },
  emit(node) {
    const x = node.operand(0);
    const [positive, negative] = [node.int("detect_positive", 1), node.int("detect_negative", 1)];
    if (positive && negative) return widened(node, "IsInf", [x]);
    const limit = positive ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    if (positive || negative) return node.op("Equal", [x, node.scalar(x.dtype as DType, limit)]);
    return node.cast(node.op("ZerosLike", [x]), "bool");
  },
};
