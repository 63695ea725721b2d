// Reductions over axes, given as an input. Source: https://onnx.ai/onnx/operators/onnx__ReduceSum.html
import type { DType } from "../../tensor/dtype.ts";
import { int } from "../attribute.ts";
import type { Dim } from "../dim.ts";
import { add, type Binary, maximum, minimum, multiply } from "../evaluate/arithmetic.ts";
import type { InferContext, OperatorDefinition } from "./definition.ts";
import { axisOf, declaredDtype, numbersOnly, result, unknownSizes } from "./shapes.ts";

/** ReduceMax and ReduceMin of bools. */
const BOOLS_SINCE = 20;

function reduction(op: string, since: number, combine?: Binary): OperatorDefinition {
  return {
    op,
    since,
    sinceFor: (node) => (declaredDtype(node, 0) === "bool" ? BOOLS_SINCE : since),
    attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
    infer: (context) => {
      const type = context.type(0);
      if (!type?.shape) return [type && result(type.dtype, undefined)];
      const axes = axesOf(context, type.shape.length);
      if (!axes) return [result(type.dtype, unknownAxes(context, type.shape.length))];
      const keep = context.int("keepdims") === 1;
      const shape = type.shape.flatMap((dim, axis) => (axes.has(axis) ? (keep ? [1] : []) : [dim]));
      return [result(type.dtype, shape, combine && total(context, type.dtype, axes.size, combine))];
    },
  };
}

/** The reduced axes; undefined if only running tells. */
function axesOf(context: InferContext, rank: number): Set<number> | undefined {
  const given = context.node.inputs[1] ? numbersOnly(context.contents(1)) : [];
  if (!given) return undefined;
  if (given.length > 0) return new Set(given.map((axis) => axisOf(axis, rank)));
  return new Set(
    context.int("noop_with_empty_axes") === 1 ? [] : Array.from({ length: rank }, (_, axis) => axis),
  );
}

function unknownAxes(context: InferContext, rank: number): Dim[] | undefined {
  const count = context.shape(1)?.[0];
  if (context.int("keepdims") === 1) return unknownSizes(context, rank);
  return typeof count === "number" ? unknownSizes(context, rank - count) : undefined;
}

/** Contents of a vector reduced to one element; what shape arithmetic has. Floats depend on the order of summing. */
function total(context: InferContext, dtype: DType, reduced: number, combine: Binary) {
  const elements = context.contents(0);
  const [first, ...rest] = elements ?? [];
  const exact = dtype.includes("int") || combine === maximum || combine === minimum;
  if (first === undefined || reduced !== 1 || context.shape(0)?.length !== 1 || !exact) return undefined;
  return [
    rest.reduce<Dim | undefined>((all, x) => (all === undefined ? all : combine(all, x, dtype)), first),
  ];
}

export const REDUCTIONS: readonly OperatorDefinition[] = [
  reduction("ReduceL1", 18),
  reduction("ReduceL2", 18),
  reduction("ReduceLogSum", 18),
  reduction("ReduceLogSumExp", 18),
  reduction("ReduceMax", 18, maximum),
  reduction("ReduceMean", 18),
  reduction("ReduceMin", 18, minimum),
  reduction("ReduceProd", 18, multiply),
  reduction("ReduceSum", 13, add),
  reduction("ReduceSumSquare", 18),
];

/** ArgMax and ArgMin: one axis, as an attribute; the result is int64. */
export const ARG_REDUCTIONS: readonly OperatorDefinition[] = ["ArgMax", "ArgMin"].map((op) => ({
  op,
  since: 13,
  attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
  infer: (context) => {
    const shape = context.shape(0);
    if (!shape) return [result("int64", undefined)];
    const axis = axisOf(context.int("axis"), shape.length);
    const kept = context.int("keepdims") === 1 ? [1] : [];
    return [result("int64", [...shape.slice(0, axis), ...kept, ...shape.slice(axis + 1)])];
  },
}));
