// Sums, means, products, extremes, any and all over axes. No axes, or an empty list of them, means all.
import { int } from "../../../graph/attribute.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { type DType, isComplex, isFloat } from "../../../tensor/dtype.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { complexOperand } from "../complex-pair.ts";
import { freeDiagonalPlaces } from "../free-diagonal.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import { axesOf, isEmptyReduction, keepsAxes } from "../reduction.ts";
import { lowest } from "../result-types/bounds.ts";
import type { Rule } from "../rule.ts";

const OPERATORS: Readonly<Record<string, string>> = {
  sum: "ReduceSum",
  mean: "ReduceMean",
  prod: "ReduceProd",
  amax: "ReduceMax",
  amin: "ReduceMin",
};

export const REDUCE: Rule = {
  targets: [
    "aten::sum.default",
    "aten::sum.dim_IntList",
    "aten::mean.default",
    "aten::mean.dim",
    "aten::prod.default",
    "aten::prod.dim_int",
    "aten::amax.default",
    "aten::amin.default",
  ],
  complex: true,
  limits: "complex numbers: sum and mean only",
  refuse: (call) =>
    isComplex(call.dtypeOf("self")) && call.name !== "sum" && call.name !== "mean"
      ? "it is not supported for complex numbers"
      : undefined,
  emit: (call) => reduce(call, OPERATORS[call.name] as string), // it has the target
};

/** max(x) and min(x) of all elements; those along an axis give indices too and are another rule. */
export const EXTREME_OF_ALL: Rule = {
  targets: ["aten::max.default", "aten::min.default"],
  emit: (call) => reduce(call, call.name === "max" ? "ReduceMax" : "ReduceMin"),
};

export const AMINMAX: Rule = {
  targets: ["aten::aminmax.default"],
  emit: (call) => [reduce(call, "ReduceMin"), reduce(call, "ReduceMax")],
};

export const ANY_ALL: Rule = {
  targets: ["any", "all"].flatMap((name) => [
    `aten::${name}.default`,
    `aten::${name}.dim`,
    `aten::${name}.dims`,
  ]),
  emit(call) {
    const bits = call.cast(call.as("self", "bool"), "bool", "int32");
    // Of nothing the sum is 0 and the least the largest number there is: none, and all.
    const reduction = call.name === "any" ? "ReduceSum" : "ReduceMin";
    const found = call.cast(call.reduce(reduction, bits, axesOf(call), keepsAxes(call)), "int32", "bool");
    return call.cast(found, "bool", call.result().dtype);
  },
};

export const COUNT_NONZERO: Rule = {
  targets: ["aten::count_nonzero.default", "aten::count_nonzero.dim_IntList"],
  emit: (call) =>
    call.reduce("ReduceSum", call.cast(call.as("self", "bool"), "bool", "int64"), axesOf(call), false),
};

/** NaN counts as 0. */
export const NAN_SUM: Rule = {
  targets: ["aten::nansum.default"],
  emit(call) {
    const { dtype } = call.result();
    const x = call.as("self", dtype);
    if (!isFloat(dtype)) return call.reduce("ReduceSum", x, axesOf(call), keepsAxes(call));
    return call.reduce("ReduceSum", withoutNaN(call, x, dtype), axesOf(call), keepsAxes(call));
  },
};

/** The mean of what is not NaN. */
export const NAN_MEAN: Rule = {
  targets: ["aten::nanmean.default"],
  emit(call) {
    const { dtype } = call.result();
    const x = call.as("self", dtype);
    const present = call.cast(call.op("Not", [call.op("IsNaN", [x])]), "bool", dtype);
    const [axes, keep] = [axesOf(call), keepsAxes(call)];
    const sum = call.reduce("ReduceSum", withoutNaN(call, x, dtype), axes, keep);
    return call.op("Div", [sum, call.reduce("ReduceSum", present, axes, keep)]);
  },
};

export const LOG_SUM_EXP: Rule = {
  targets: ["aten::logsumexp.default", "aten::special_logsumexp.default"],
  emit(call) {
    const { dtype } = call.result();
    const axes = axesOf(call);
    if (axes.length === 0) return call.as("self", dtype);
    return call.op("ReduceLogSumExp", [call.as("self", dtype), call.builder.int64s(axes)], {
      keepdims: int(keepsAxes(call) ? 1 : 0),
    });
  },
};

/** The sum along the first axis of its own diagonal. */
export const TRACE: Rule = {
  targets: ["aten::trace.default"],
  emit(call) {
    const [rows, columns] = call.shape("self") as [Dim, Dim]; // a matrix is wanted
    const { dtype } = call.result();
    const diagonal = call.op("GatherND", [call.as("self", dtype), diagonalPlaces(call, rows, columns)]);
    return call.reduce("ReduceSum", diagonal, [0], false);
  },
};

function diagonalPlaces(call: Call, rows: Dim, columns: Dim): Value {
  if (typeof rows !== "number" || typeof columns !== "number")
    return freeDiagonalPlaces(call, rows, columns, 0);
  const count = Math.min(rows, columns);
  return call.table(
    "int64",
    [count, 2],
    Array.from({ length: 2 * count }, (_, place) => place >> 1),
  );
}

function reduce(call: Call, op: string): Value {
  const { dtype, shape } = call.result();
  if (isComplex(dtype)) {
    if (isEmptyReduction(call) && op === "ReduceMean") throw new Refusal("a mean of no complex numbers");
    return call.reduce(op, complexOperand(call, "self", dtype), axesOf(call), keepsAxes(call));
  }
  if (op === "ReduceMean" && isEmptyReduction(call))
    return call.expand(call.number(Number.NaN, dtype), [], shape);
  const computed = op === "ReduceMean" ? dtype : arithmeticDType(dtype);
  const result = call.reduce(op, call.as("self", computed), axesOf(call), keepsAxes(call));
  const count = op === "ReduceMean" ? reducedCount(call) : 1;
  if (typeof count !== "number" && lowest(count) < 1) {
    // 0 / count is 0, but NaN of no elements, of which engines say that their mean is 0.
    const size = call.cast(call.dimEmitter.scalar(count), "int64", dtype);
    return call.op("Add", [result, call.op("Div", [call.number(0, dtype), size])]);
  }
  return call.cast(result, computed, dtype);
}

function reducedCount(call: Call): Dim {
  const shape = call.shape("self");
  return productOf(axesOf(call).map((axis) => shape[axis] ?? 1));
}

function withoutNaN(call: Call, x: Value, dtype: DType): Value {
  return call.op("Where", [call.op("IsNaN", [x]), call.number(0, dtype), x]);
}

/** The sum over the axes in which the target has size 1 or none. */
export const SUM_TO_SIZE: Rule = {
  targets: ["aten::sum_to_size.default"],
  emit(call) {
    const shape = call.shape("self");
    const target = call.result().shape;
    const lead = shape.length - target.length;
    const axes = [...shape.keys()].filter(
      (axis) => axis < lead || (target[axis - lead] === 1 && shape[axis] !== 1),
    );
    const kept = [...new Array<number>(lead).fill(1), ...target];
    const sum = call.reduce("ReduceSum", call.as("self", call.result().dtype), axes, true);
    return productOf(kept) === productOf(target) ? call.reshape(sum, kept, target) : sum;
  },
};
