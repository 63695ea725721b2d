// The indices of MaxPool's maxima, as ONNX counts them: over the whole tensor in the order N, C, H, W, pads left out.
// TensorFlow counts within one image, channels last, over the padded image: i = (y * width + x) * C + c.

import type { Dim } from "../../../graph/dim.ts";
import { addDims } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import { lowestOf } from "../lowest.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padValue } from "../pad-value.ts";
import { deepened, isUnpadded, type Window } from "../window.ts";

/** The maxima, channels-last, and their indices in ONNX's order, for one or two spatial axes without dilation. */
export function maxPoolWithIndices(node: NodeLowering, x: TfValue, window: Window): [TfValue, TfValue] {
  const flat = window.kernel.length === 1;
  const deep = flat ? deepened(window) : window;
  const image = flat ? node.op("ExpandDims", [x, node.int32(1)]) : x;
  const after = deep.end.map((pad, axis) => pad + (deep.extra[axis] ?? 0));
  const lowest = node.scalar(x.dtype as DType, lowestOf(x.dtype as DType)); // pooling takes numbers only
  const padded = isUnpadded(deep)
    ? image
    : padValue(node, image, [0, ...deep.begin, 0], [0, ...after, 0], lowest);
  const [values, found] = node.tf.ops("MaxPoolWithArgmax", [padded], {
    ksize: [1, ...deep.kernel, 1],
    strides: [1, ...deep.strides, 1],
    padding: "VALID",
    Targmax: "int64",
  }) as [TfValue, TfValue];
  const indices = node.op("Transpose", [
    onnxIndices(node, found, deep, after, flat),
    node.int32s([0, 3, 1, 2]),
  ]);
  if (!flat) return [values, indices];
  const squeeze = (value: TfValue, axis: number) => node.op("Squeeze", [value], { squeeze_dims: [axis] });
  return [squeeze(values, 1), squeeze(indices, 2)];
}

function onnxIndices(
  node: NodeLowering,
  found: TfValue,
  window: Window,
  after: readonly number[],
  flat: boolean,
): TfValue {
  const [batch = 1, channels = 1, ...spatial] = node.shape(0);
  const [height, width] = (flat ? [1, ...spatial] : spatial) as [Dim, Dim];
  const paddedWidth = addDims(width, (window.begin[1] ?? 0) + (after[1] ?? 0));
  const size = (dim: Dim) => node.values.dim(dim);
  const channel = node.op("FloorMod", [found, size(channels)]);
  const pixel = node.op("FloorDiv", [found, size(channels)]);
  const row = node.op("Sub", [
    node.op("FloorDiv", [pixel, size(paddedWidth)]),
    node.int64(window.begin[0] ?? 0),
  ]);
  const column = node.op("Sub", [
    node.op("FloorMod", [pixel, size(paddedWidth)]),
    node.int64(window.begin[1] ?? 0),
  ]);
  const numbers = node.op("Range", [node.int64(0), size(batch), node.int64(1)]);
  const image = node.op("Reshape", [numbers, node.int64s([-1, 1, 1, 1])]);
  const plane = fused(node, image, size(channels), channel);
  const [slow, fast, step] = node.int("storage_order", 0) ? [column, row, height] : [row, column, width];
  return fused(
    node,
    fused(node, plane, size(node.int("storage_order", 0) ? width : height), slow),
    size(step),
    fast,
  );
}

/** a * b + c */
function fused(node: NodeLowering, a: TfValue, b: TfValue, c: TfValue): TfValue {
  return node.op("AddV2", [node.op("Mul", [a, b]), c]);
}
