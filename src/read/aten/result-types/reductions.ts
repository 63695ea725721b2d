// Results with fewer axes: sums, extremes, statistics, sorting.
import { subDims } from "../../../graph/dim.ts";
import { isComplex, isInteger } from "../../../tensor/dtype.ts";
import { type Facts, normalAxis } from "../argument.ts";
import { realOf } from "../promote.ts";
import {
  broadcastOf,
  forEach,
  type Infer,
  type InferTable,
  promoted,
  replaced,
  typed,
  withoutAxes,
} from "./infer.ts";

/** Axes by `dim`, all of them if it is absent or an empty list. */
function reducedShape(call: Facts, argument = "dim") {
  const shape = call.shape("self");
  const given = call.has(argument) && shape.length > 0 ? call.axes(argument, shape.length) : [];
  const axes = given.length > 0 ? given : [...shape.keys()];
  return withoutAxes(shape, axes, call.has("keepdim") && call.bool("keepdim"));
}

const reduced: Infer = (call) => [typed(call.dtype("dtype") ?? call.dtypeOf("self"), reducedShape(call))];

const realReduced: Infer = (call) => [typed(realOf(call.dtypeOf("self")), reducedShape(call))];

/** Sums and products of integers and truth values are int64. */
const summed: Infer = (call) => {
  const dtype = call.dtypeOf("self");
  const whole = isInteger(dtype) || dtype === "bool";
  return [typed(call.dtype("dtype") ?? (whole ? "int64" : dtype), reducedShape(call))];
};

const truth: Infer = (call) => {
  const { dtype } = call.type("self");
  return [typed(dtype === "uint8" ? "uint8" : "bool", reducedShape(call))];
};

const place: Infer = (call) => [typed("int64", reducedShape(call))];

/** `max(x)`, `max(x, dim)` with places, `max(x, y)`. */
const extreme: Infer = (call) => {
  const operands = ["self", "other"];
  if (call.has("other")) return [typed(promoted(call, operands), broadcastOf(call, operands))];
  const dtype = call.dtypeOf("self");
  if (!call.has("dim")) return [typed(dtype, [])];
  const shape = reducedShape(call);
  return [typed(dtype, shape), typed("int64", shape)];
};

const realNorm: Infer = (call) => {
  const dtype = call.dtypeOf("self");
  const real = dtype === "complex64" ? "float32" : dtype === "complex128" ? "float64" : dtype;
  return [typed(call.dtype("dtype") ?? real, reducedShape(call))];
};

const deviation: Infer = (call) => {
  const dtype = call.dtypeOf("self");
  const real = isComplex(dtype) ? (dtype === "complex64" ? "float32" : "float64") : dtype;
  const shape = reducedShape(call);
  return call.name.endsWith("_mean") ? [typed(real, shape), typed(dtype, shape)] : [typed(real, shape)];
};

const sorted: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype, shape), typed("int64", shape)];
};

const topK: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const result = replaced(shape, call.axis("dim", shape.length), call.dim("k"));
  return [typed(dtype, result), typed("int64", result)];
};

const kthValue: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const axis = normalAxis(call.int("dim"), shape.length);
  const result = withoutAxes(shape, [axis], call.bool("keepdim"));
  return [typed(dtype, result), typed("int64", result)];
};

/** One result for each share that is asked for, in front of the axes that stay; without an axis the tensor is one row. */
const quantiles: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const rest = call.has("dim")
    ? withoutAxes(shape, [call.axis("dim", shape.length)], call.bool("keepdim"))
    : call.bool("keepdim")
      ? shape.map(() => 1)
      : [];
  return [typed(dtype, call.argument("q").kind === "tensor" ? [...call.shape("q"), ...rest] : rest)];
};

/** The integral along an axis. */
const integral: Infer = (call) => {
  const names = ["y", "x"];
  const shape = broadcastOf(call, ["y"]);
  const axis = call.axis("dim", shape.length);
  const dtype = realOf(promoted(call, names));
  if (call.name === "cumulative_trapezoid")
    return [typed(dtype, replaced(shape, axis, subDims(shape[axis] ?? 1, 1)))];
  return [typed(dtype, withoutAxes(shape, [axis], false))];
};

const extremes: Infer = (call) => {
  const result = typed(call.dtypeOf("self"), reducedShape(call));
  return [result, result];
};

export const REDUCTIONS: InferTable = {
  ...forEach("mean amax amin nanmean", reduced),
  ...forEach("logsumexp special_logsumexp", realReduced),
  ...forEach("sum prod nansum", summed),
  ...forEach("all any", truth),
  ...forEach("argmax argmin count_nonzero", place),
  ...forEach("max min median nanmedian", extreme),
  ...forEach("norm linalg_vector_norm linalg_norm linalg_matrix_norm frobenius_norm", realNorm),
  ...forEach("var std var_mean std_mean", deviation),
  sort: sorted,
  argsort: (call) => [typed("int64", call.shape("self"))],
  msort: (call) => [call.type("self")],
  topk: topK,
  ...forEach("kthvalue mode", kthValue),
  ...forEach("quantile nanquantile", quantiles),
  ...forEach("trapezoid trapz cumulative_trapezoid", integral),
  sum_to_size: (call) => [typed(call.dtypeOf("self"), call.dims("size"))],
  aminmax: extremes,
};
