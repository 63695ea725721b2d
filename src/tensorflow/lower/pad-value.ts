// Pads a value with a constant; negative pads crop, as in ONNX. TensorFlow's own Pad takes none.

import { tensorOfNumbers } from "../../tensor/numbers.ts";
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";

/** Axes that TensorFlow's kernels of Pad take. */
const MOST_AXES = 6;

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
  if (begin.length > MOST_AXES) return axisByAxis(node, cropped, rows, fill);
  const paddings = node.tf.constant(tensorOfNumbers("int32", [begin.length, 2], rows));
  return fill ? node.op("PadV2", [cropped, paddings, fill]) : node.op("Pad", [cropped, paddings]);
}

/** One axis after the other, what stands before and behind it as one axis each. */
function axisByAxis(
  node: NodeLowering,
  value: TfValue,
  rows: readonly number[],
  fill: TfValue | undefined,
): TfValue {
  const rank = rows.length / 2;
  let padded = value;
  for (let axis = 0; axis < rank; axis++) {
    const [before, after] = [rows[2 * axis] ?? 0, rows[2 * axis + 1] ?? 0];
    if (before + after === 0) continue;
    const shape = node.op("Shape", [padded], { out_type: "int32" });
    const product = (from: number, to: number) =>
      node.op("Prod", [node.slice(shape, 1, 0, from, to), node.int32s([0])]);
    const sizes = [product(0, axis), product(axis, axis + 1), product(axis + 1, rank)];
    const flat = node.op("Reshape", [padded, node.op("Pack", [sizes])]);
    const more = padValue(node, flat, [0, before, 0], [0, after, 0], fill);
    const grown = Array.from({ length: rank }, (_, at) => (at === axis ? before + after : 0));
    padded = node.op("Reshape", [more, node.op("AddV2", [shape, node.int32s(grown)])]);
  }
  return padded;
}

function crop(node: NodeLowering, value: TfValue, begin: readonly number[], end: readonly number[]): TfValue {
  if ([...begin, ...end].every((size) => size >= 0)) return value;
  const from = begin.map((size) => Math.max(0, -size));
  const to = end.map((size) => Math.min(0, size));
  const open = to.reduce((mask, size, axis) => (size === 0 ? mask | (1 << axis) : mask), 0);
  const strides = node.int32s(begin.map(() => 1));
  return node.op("StridedSlice", [value, node.int32s(from), node.int32s(to), strides], { end_mask: open });
}
