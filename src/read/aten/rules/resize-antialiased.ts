// Resizing with anti-aliasing: the filter widens with the factor by which an image shrinks.
// Method: each axis is a product with a small matrix of the filter's weights, exact for every size, as PyTorch computes it;
// of free sizes the graph computes the matrix.
// Source: aten/src/ATen/native/cpu/UpSampleKernel.cpp (HelperInterpBase), after PIL's Resample.c
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import { type Facts, Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";

interface Filter {
  readonly radius: number;
  weight(x: number): number;
  /** The same as nodes. */
  weights(reals: Reals, x: Value): Value;
}

const TRIANGLE: Filter = {
  radius: 1,
  weight: (x) => Math.max(0, 1 - Math.abs(x)),
  weights: (reals, x) => reals.max(reals.sub(1, reals.abs(x)), 0),
};

/** Keys' cubic with a = -0.5. */
const CUBIC: Filter = {
  radius: 2,
  weight(x) {
    const [a, t] = [-0.5, Math.abs(x)];
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
  },
  weights(reals, x) {
    const t = reals.abs(x);
    const near = reals.polynomial(t, [1.5, -2.5, 0, 1]);
    const far = reals.polynomial(t, [-0.5, 2.5, -4, 2]);
    return reals.where(reals.less(t, 1), near, reals.where(reals.less(t, 2), far, 0));
  },
};

export const RESIZE_ANTIALIASED: Rule = {
  targets: ["bilinear2d", "bicubic2d"].flatMap((name) => [
    `aten::_upsample_${name}_aa.vec`,
    `aten::_upsample_${name}_aa.default`,
  ]),
  limits: "not integers",
  refuse: (call) =>
    isFloat(call.dtypeOf(imageOf(call)))
      ? undefined
      : "integers are rounded in PyTorch's own way; resize floats",
  emit(call) {
    const name = imageOf(call);
    const sizes = call.shape(name).slice(-2);
    const targets = call.result().shape.slice(-2);
    const filter = call.name.includes("bicubic") ? CUBIC : TRIANGLE;
    const [across, along] = sizes.map((size, axis) =>
      weightsOf(call, axis, size, targets[axis] as Dim, filter),
    ) as [Value, Value]; // an image has two axes
    const wide: Value = call.op("MatMul", [call.tensor(name), call.transpose(along, [1, 0])]);
    return call.op("MatMul", [across, wide]);
  },
};

function imageOf(call: Facts): string {
  return call.call.args.has("input") ? "input" : "self";
}

/** [target, size] in the image's dtype. */
function weightsOf(call: Call, axis: number, size: Dim, target: Dim, filter: Filter): Value {
  const { dtype } = call.type(imageOf(call));
  if (typeof size !== "number" || typeof target !== "number")
    return call.cast(freeMatrix(call, axis, size, target, filter), "float64", dtype);
  const rows = matrix(size, target, stepOf(call, axis, size, target), filter);
  return call.table(dtype, [target, size], rows.flat());
}

/** How far two samples of the result lie apart in the input. */
function stepOf(call: Call, axis: number, size: number, target: number): number {
  if (call.bool("align_corners")) return target > 1 ? (size - 1) / (target - 1) : 0;
  const factor = factorOf(call, axis);
  return factor ? 1 / factor : size / target;
}

/** The factor that an axis grows by, where the call states it. */
function factorOf(call: Call, axis: number): number | undefined {
  const listed =
    call.has("scale_factors") && !call.has("output_size") ? call.floats("scale_factors")[axis] : undefined;
  const named = ["scales_h", "scales_w"][axis] as string; // two axes
  return listed ?? (call.has(named) ? call.float(named) : undefined);
}

/** As `matrix`, in float64 nodes. */
function freeMatrix(call: Call, axis: number, size: Dim, target: Dim, filter: Filter): Value {
  if (call.bool("align_corners"))
    throw new Refusal(`it resizes ${size} to ${target} with corners that stay; fixed sizes are wanted`);
  const reals = new Reals(call, "float64");
  const count = (dim: Dim) => call.cast(call.dimEmitter.scalar(dim), "int64", "float64");
  const factor = factorOf(call, axis);
  const step = factor ? reals.of(1 / factor) : reals.div(count(size), count(target));
  const center = reals.mul(step, reals.add(call.unsqueeze(places(call, target), 1), 0.5));
  const width = reals.max(step, 1);
  const support = reals.mul(width, filter.radius);
  const start = reals.floor(reals.add(reals.sub(center, support), 0.5));
  const end = reals.floor(reals.add(center, support, 0.5));
  const index = call.unsqueeze(places(call, size), 0);
  const inside = reals.both(call.op("GreaterOrEqual", [index, start]), reals.less(index, end));
  const distance = reals.div(reals.add(reals.sub(index, center), 0.5), width);
  const weights = reals.where(inside, filter.weights(reals, distance), 0);
  return reals.div(weights, call.reduce("ReduceSum", weights, [1], true));
}

/** 0 to size - 1 as float64. */
function places(call: Call, size: Dim): Value {
  const range = [call.builder.int64(0), call.dimEmitter.scalar(size), call.builder.int64(1)];
  return call.cast(call.op("Range", range), "int64", "float64");
}

/** Weights of the input's samples for each sample of the result; each row sums to 1. */
function matrix(size: number, target: number, step: number, filter: Filter): number[][] {
  const width = Math.max(step, 1);
  const support = filter.radius * width;
  return Array.from({ length: target }, (_, at) => {
    const center = step * (at + 0.5);
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(size, Math.trunc(center + support + 0.5));
    const row = new Array<number>(size).fill(0);
    for (let index = start; index < end; index += 1)
      row[index] = filter.weight((index - center + 0.5) / width);
    const sum = row.reduce((a, b) => a + b, 0);
    return sum === 0 ? row : row.map((weight) => weight / sum);
  });
}
