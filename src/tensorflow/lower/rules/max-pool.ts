// MaxPool, channels-last. Pads count as minus infinity, which TensorFlow's explicit pads do too.
// Three dimensions and dilations have no such kernel: pad with the lowest value; a dilated window is the maximum of
// strided slices, one for each of its cells.
// Not here: the indices of the maxima, which max-pool-indices.ts makes.
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import { lowestOf } from "../lowest.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padValue } from "../pad-value.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";
import { slidingWindow } from "../sliding-window.ts";
import { kernelType } from "../widened.ts";
import { deepened, isUnpadded, type Window, windowOf } from "../window.ts";
import { maxPoolWithIndices } from "./max-pool-indices.ts";

/** The window of a pooling operator, or why there is none. */
export function poolWindow(facts: NodeFacts): Window | string {
  const kernel = facts.ints("kernel_shape") ?? [];
  if (kernel.length < 1 || kernel.length > 3)
    return `${kernel.length} spatial dimensions, TensorFlow has 1 to 3`;
  return windowOf(facts, kernel);
}

export const maxPool: LoweringRule = {
  op: "MaxPool",
  since: 12,
  layout: CHANNELS_LAST,
  limits: "1 to 3 spatial dimensions; indices without dilation in 1 or 2",
  refuse(facts) {
    const window = poolWindow(facts);
    if (typeof window === "string") return window;
    const plain = window.kernel.length < 3 && window.dilations.every((dilation) => dilation === 1);
    return facts.wants(1) && !plain
      ? "the indices of maxima in 3 dimensions or of dilated windows"
      : undefined;
  },
  emit(node) {
    const window = poolWindow(node) as Window; // refuse has checked it
    const deep = window.kernel.length === 3;
    const dtype = kernelType(deep ? "MaxPool3D" : "MaxPool", node.dtype(0));
    const x = node.cast(node.data(), dtype);
    if (node.wants(1)) {
      const [values, indices] = maxPoolWithIndices(node, x, window);
      return [node.cast(values, node.dtype(0)), indices];
    }
    const dilated = window.dilations.some((dilation) => dilation > 1);
    const y = dilated || deep ? padded(node, x, window, dtype, dilated) : maxPool2d(node, x, window);
    return node.cast(y, node.dtype(0));
  },
};

function maxPool2d(node: NodeLowering, x: TfValue, window: Window): TfValue {
  const flat = window.kernel.length === 1;
  const { kernel, strides, begin, end, extra } = flat ? deepened(window) : window;
  const image = flat ? node.op("ExpandDims", [x, node.int32(1)]) : x;
  const explicit = begin.flatMap((pad, axis) => [pad, (end[axis] ?? 0) + (extra[axis] ?? 0)]);
  const padding = isUnpadded(window) ? {} : { explicit_paddings: [0, 0, ...explicit, 0, 0] };
  const y = node.op("MaxPool", [image], {
    ksize: [1, ...kernel, 1],
    strides: [1, ...strides, 1],
    padding: isUnpadded(window) ? "VALID" : "EXPLICIT",
    ...padding,
  });
  return flat ? node.op("Squeeze", [y], { squeeze_dims: [1] }) : y;
}

function padded(node: NodeLowering, x: TfValue, window: Window, dtype: DType, dilated: boolean): TfValue {
  const after = window.end.map((pad, axis) => pad + (window.extra[axis] ?? 0));
  const lowest = node.scalar(dtype, lowestOf(dtype));
  const cells = isUnpadded(window) ? x : padValue(node, x, [0, ...window.begin, 0], [0, ...after, 0], lowest);
  if (dilated) {
    return slidingWindow(node, cells, window).reduce((left, right) => node.op("Maximum", [left, right]));
  }
  return node.op("MaxPool3D", [cells], {
    ksize: [1, ...window.kernel, 1],
    strides: [1, ...window.strides, 1],
    padding: "VALID",
  });
}
