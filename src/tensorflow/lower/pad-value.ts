// Pads a value with a constant; negative pads crop, as in ONNX. TensorFlow's own Pad takes none.

import { tensorOfNumbers } from "../../tensor/numbers.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";

/** `begin` and `end` per physical axis; `fill` is a scalar of the value's dtype, zero if absent. */
export function padValue(
  node: NodeLowering,
  value: TfValue,
  begin: readonly number[],
  end: readonly number[],
  fill?: TfValue,
): TfValue {
  const cropped = crop(node, value, begin, end);
  const rows = begin.flatMap((before, axis) => [Math.max(0, before), Math.max(0, end[axis] ?? 0)]);
  if (rows.every((size) => size === 0)) return cropped;
  const paddings = node.tf.constant(tensorOfNumbers("int32", [begin.length, 2], rows));
  return fill ? node.op("PadV2", [cropped, paddings, fill]) : node.op("Pad", [cropped, paddings]);
}

function crop(node: NodeLowering, value: TfValue, begin: readonly number[], end: readonly number[]): TfValue {
  if ([...begin, ...end].every((size) => size >= 0)) return value;
  const from = begin.map((size) => Math.max(0, -size));
  const to = end.map((size) => Math.min(0, size));
  const open = to.reduce((mask, size, axis) => (size === 0 ? mask | (1 << axis) : mask), 0);
  const strides = node.int32s(begin.map(() => 1));
  return node.op("StridedSlice", [value, node.int32s(from), node.int32s(to), strides], { end_mask: open });
}
