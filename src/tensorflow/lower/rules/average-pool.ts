// AveragePool, channels-last: the average over the window times how much of the window counts.
// Pads count when count_include_pad is set; what ceil_mode adds never does. The share of a window that counts depends
// on its position alone, so it is a constant where the image's size is fixed.
import type { Dim } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padValue } from "../pad-value.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";
import { slidingWindow } from "../sliding-window.ts";
import { kernelType } from "../widened.ts";
import { deepened, type Window } from "../window.ts";
import { poolWindow } from "./max-pool.ts";

export const averagePool: LoweringRule = {
  op: "AveragePool",
  since: 22,
  layout: CHANNELS_LAST,
  limits: "1 to 3 spatial dimensions; sizes known where ceil_mode needs them",
  refuse(facts) {
    const window = poolWindow(facts);
    return typeof window === "string" ? window : undefined;
  },
  emit(node) {
    const window = poolWindow(node) as Window; // refuse has checked it
    const dtype = kernelType(window.kernel.length === 3 ? "AvgPool3D" : "AvgPool", node.dtype(0));
    const x = node.cast(node.data(), dtype);
    const flat = window.kernel.length === 1;
    const deep = flat ? deepened(window) : window;
    const image = flat ? node.op("ExpandDims", [x, node.int32(1)]) : x;
    const sizes = flat ? [1, ...node.shape(0).slice(2)] : node.shape(0).slice(2);
    const y = average(node, image, deep, sizes, dtype);
    return node.cast(flat ? node.op("Squeeze", [y], { squeeze_dims: [1] }) : y, node.dtype(0));
  },
};

function average(
  node: NodeLowering,
  image: TfValue,
  window: Window,
  sizes: readonly Dim[],
  dtype: DType,
): TfValue {
  const after = window.end.map((pad, axis) => pad + (window.extra[axis] ?? 0));
  const mean = pooled(node, padValue(node, image, [0, ...window.begin, 0], [0, ...after, 0]), window);
  const countsPads = node.int("count_include_pad", 0) === 1;
  const partial = countsPads ? window.extra : [...window.begin, ...after];
  if (partial.every((pad) => pad === 0)) return mean;
  return node.op("RealDiv", [mean, share(node, window, sizes, countsPads, dtype)]);
}

/** The average over every window, its pads counted. */
function pooled(node: NodeLowering, cells: TfValue, window: Window): TfValue {
  if (window.dilations.some((dilation) => dilation > 1)) {
    const slices = slidingWindow(node, cells, window);
    const sum = slices.reduce((left, right) => node.op("AddV2", [left, right]));
    return node.op("RealDiv", [sum, node.scalar(cells.dtype as DType, slices.length)]);
  }
  return node.op(window.kernel.length === 3 ? "AvgPool3D" : "AvgPool", [cells], {
    ksize: [1, ...window.kernel, 1],
    strides: [1, ...window.strides, 1],
    padding: "VALID",
  });
}

/** For every position the share of the window's cells that count, with axes N and C of size 1. */
function share(
  node: NodeLowering,
  window: Window,
  sizes: readonly Dim[],
  countsPads: boolean,
  dtype: DType,
): TfValue {
  if (sizes.every((size) => typeof size === "number")) {
    const shares = sizes.map((size, axis) => shareAlong(window, axis, size as number, countsPads));
    const flat = shares.reduce<number[]>((all, own) => all.flatMap((a) => own.map((b) => a * b)), [1]);
    const shape = [1, ...shares.map((own) => own.length), 1];
    return node.make(tensorOfNumbers(dtype, shape, flat));
  }
  const ones = node.op("Fill", [node.values.dims([1, ...sizes, 1]), node.scalar(dtype, 1)]);
  const one = countsPads ? node.scalar(dtype, 1) : undefined;
  const inner = padValue(node, ones, [0, ...window.begin, 0], [0, ...window.end, 0], one);
  const counted = padValue(node, inner, [0, ...window.begin.map(() => 0), 0], [0, ...window.extra, 0]);
  return pooled(node, counted, window);
}

function shareAlong(window: Window, axis: number, size: number, countsPads: boolean): number[] {
  const [kernel, stride, dilation] = [window.kernel, window.strides, window.dilations].map(
    (list) => list[axis] ?? 1,
  ) as [number, number, number];
  const [begin, end, extra] = [window.begin, window.end, window.extra].map((list) => list[axis] ?? 0) as [
    number,
    number,
    number,
  ];
  const [low, high] = countsPads ? [-begin, size + end] : [0, size];
  const windows = Math.floor((size + begin + end + extra - (kernel - 1) * dilation - 1) / stride) + 1;
  return Array.from({ length: windows }, (_, at) => {
    const cells = Array.from({ length: kernel }, (__, cell) => at * stride - begin + cell * dilation);
    return cells.filter((cell) => cell >= low && cell < high).length / kernel;
  });
}
