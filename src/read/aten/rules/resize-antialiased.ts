// Resizing with anti-aliasing: the filter widens with the factor by which an image shrinks.
// Method: each axis is a product with a small matrix of the filter's weights, exact for every size, as PyTorch computes it.
// Source: aten/src/ATen/native/cpu/UpSampleKernel.cpp (HelperInterpBase), after PIL's Resample.c
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import { type Facts, Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

interface Filter {
  readonly radius: number;
  weight(x: number): number;
}

const TRIANGLE: Filter = { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };

/** Keys' cubic with a = -0.5. */
const CUBIC: Filter = {
  radius: 2,
  weight(x) {
    const [a, t] = [-0.5, Math.abs(x)];
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
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
    const [rows, columns] = sizes.map((size, axis) => {
      const target = targets[axis];
      if (typeof size !== "number" || typeof target !== "number")
        throw new Refusal(`it resizes ${size} to ${target}; fixed sizes are wanted`);
      return matrix(size, target, stepOf(call, axis, size, target), filter);
    });
    const { dtype } = call.type(name);
    const [height, width] = targets.map(Number) as [number, number];
    const across = call.table(dtype, [height, Number(sizes[0])], (rows ?? []).flat());
    const along = call.table(dtype, [width, Number(sizes[1])], (columns ?? []).flat());
    const wide: Value = call.op("MatMul", [call.tensor(name), call.transpose(along, [1, 0])]);
    return call.op("MatMul", [across, wide]);
  },
};

function imageOf(call: Facts): string {
  return call.call.args.has("input") ? "input" : "self";
}

/** How far two samples of the result lie apart in the input. */
function stepOf(call: Call, axis: number, size: number, target: number): number {
  if (call.bool("align_corners")) return target > 1 ? (size - 1) / (target - 1) : 0;
  const listed =
    call.has("scale_factors") && !call.has("output_size") ? call.floats("scale_factors")[axis] : undefined;
  const named = ["scales_h", "scales_w"][axis] as string; // two axes
  const factor = listed ?? (call.has(named) ? call.float(named) : undefined);
  return factor ? 1 / factor : size / target;
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
