// Slice with starts, ends, axes and steps as inputs. Source: https://onnx.ai/onnx/operators/onnx__Slice.html
// Negative bounds count from the end; all are clamped to the size.
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";
import { contiguousStrides, gatherStrided } from "../../tensor/gather-strided.ts";
import { derivedTensor, type Tensor } from "../../tensor/tensor.ts";
import { addDims, ceilDivDims, type Dim, maxDims, minDims, sameDim, subDims } from "../dim.ts";
import { isNonNegative } from "../evaluate/arithmetic.ts";
import { pick } from "../evaluate/layout.ts";
import { IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { axisOf, numbersOnly, result, unknownSizes } from "./shapes.ts";

export const SLICE: OperatorDefinition = {
  op: "Slice",
  since: 13,
  infer: (context) => {
    const type = context.type(0);
    if (!type?.shape) return [type && result(type.dtype, undefined)];
    const ranges = rangesOf(context, type.shape);
    if (!ranges) return [result(type.dtype, unknownSizes(context, type.shape.length))];
    const shape = type.shape.map((dim, axis) => ranges.get(axis)?.size ?? dim);
    return [result(type.dtype, shape, contents(context, shape, ranges))];
  },
  /** A slice that keeps the size may still turn an axis round. */
  passesOn: (context) => {
    const steps = context.node.inputs[4] ? numbersOnly(context.contents(4)) : [];
    return steps?.every((step) => step > 0) ? { input: 0 } : undefined;
  },
  move: (context) => {
    const tensor = context.constant(0);
    const ranges = tensor && tensor.dtype !== "string" ? rangesOf(context, tensor.shape) : undefined;
    return tensor && ranges && sliced(tensor, ranges);
  },
};

interface Range {
  /** Where the slice begins, counted from the front; undefined if only running tells. */
  readonly start: Dim | undefined;
  readonly step: number;
  readonly size: Dim;
}

/** The sliced axes; undefined if not even these are known. */
function rangesOf(context: InferContext, shape: readonly Dim[]): ReadonlyMap<number, Range> | undefined {
  const count = context.shape(1)?.[0];
  if (typeof count !== "number") return undefined;
  const all = Array.from({ length: count }, (_, index) => index);
  const axes = context.node.inputs[3] ? numbersOnly(context.contents(3)) : all;
  const steps = context.node.inputs[4] ? numbersOnly(context.contents(4)) : all.map(() => 1);
  if (!axes) return undefined;
  const starts = context.contents(1);
  const ends = context.contents(2);
  const ranges = new Map<number, Range>();
  for (const [index, given] of axes.entries()) {
    const axis = axisOf(given, shape.length);
    const [start, end, step] = [starts?.[index], ends?.[index], steps?.[index]];
    if (step === 0) throw new IllTyped("a step is 0");
    const known = start !== undefined && end !== undefined && step !== undefined;
    const range = known ? rangeOf(shape[axis] ?? 1, start, end, step) : undefined;
    ranges.set(axis, range ?? { start: undefined, step: 1, size: context.unknownDim() });
  }
  return ranges;
}

function rangeOf(size: Dim, start: Dim, end: Dim, step: number): Range | undefined {
  const low = step > 0 ? 0 : -1;
  const last = step > 0 ? size : subDims(size, 1);
  const from = clamped(start, size, step > 0 ? 0 : 0, last);
  const to = clamped(end, size, low, last);
  if (from === undefined || to === undefined) return undefined;
  const span = step > 0 ? subDims(to, from) : subDims(from, to);
  const count = ceilDivDims(span, Math.abs(step));
  return { start: from, step, size: isNonNegative(count) ? count : maxDims(count, 0) };
}

/** `at` counted from the front and clamped to [low, high]; symbolic where the order can be told. */
function clamped(at: Dim, size: Dim, low: number, high: Dim): Dim | undefined {
  if (typeof at === "number" && at >= 2 ** 31 - 1) return high; // "to the end", as exporters write it
  if (typeof at === "number" && at <= -(2 ** 31 - 1)) return low;
  const counted = isNegative(at) ? addDims(at, size) : at;
  if (typeof counted === "number" && typeof high === "number") return Math.min(Math.max(counted, low), high);
  if (sameDim(counted, high)) return high;
  if (counted === low) return low;
  if (isNegative(at)) return maxDims(counted, low);
  if (isNonNegative(subDims(high, counted))) return counted;
  if (isNonNegative(subDims(counted, high))) return high;
  return minDims(counted, high);
}

function isNegative(at: Dim): boolean {
  return typeof at === "number" ? at < 0 : at.terms.every((term) => term.coefficient < 0);
}

function contents(context: InferContext, shape: readonly Dim[], ranges: ReadonlyMap<number, Range>) {
  const elements = context.contents(0);
  const from = numbersOnly(context.shape(0));
  const view = from && viewOf(from, shape, ranges);
  return elements && view && pick(elements, view);
}

function viewOf(from: readonly number[], shape: readonly Dim[], ranges: ReadonlyMap<number, Range>) {
  const sizes = numbersOnly(shape);
  const steps = contiguousStrides(from);
  let offset = 0;
  for (const [axis, { start }] of ranges) {
    if (typeof start !== "number") return undefined;
    offset += start * (steps[axis] ?? 0);
  }
  const strides = steps.map((stride, axis) => stride * (ranges.get(axis)?.step ?? 1));
  return sizes && { shape: sizes, strides, offset };
}

function sliced(tensor: Tensor, ranges: ReadonlyMap<number, Range>): Tensor | undefined {
  const shape = tensor.shape.map((size, axis) => ranges.get(axis)?.size ?? size);
  const view = viewOf(tensor.shape, shape, ranges);
  if (!view || view.strides.some((stride) => stride < 0)) return undefined;
  const width = BYTES_PER_ELEMENT[tensor.dtype];
  return derivedTensor(tensor.dtype, view.shape, () => gatherStrided(tensor.read(), width, view));
}
