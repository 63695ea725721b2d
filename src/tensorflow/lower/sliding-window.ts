// The cells of a dilated, strided window as values of their own: one strided slice for each place in the window. What
// TensorFlow's pooling kernels, which know no dilation, are replaced by.
import type { TfValue } from "../graph.ts";
import type { NodeLowering } from "./node-lowering.ts";
import type { Window } from "./window.ts";

/** Slices of a padded channels-last value; slice i holds, for every position, cell i of the window there. */
export function slidingWindow(node: NodeLowering, value: TfValue, window: Window): TfValue[] {
  const rank = window.kernel.length + 2;
  const cells = window.kernel.reduce((count, size) => count * size, 1);
  return Array.from({ length: cells }, (_, cell) => {
    const offsets = offsetsOf(cell, window);
    // The last window begins at size - extent, so that the slice ends that far before the end.
    const ends = window.kernel.map(
      (size, axis) => (offsets[axis] ?? 0) - (size - 1) * (window.dilations[axis] ?? 1),
    );
    const open = ends.reduce(
      (mask, end, axis) => (end === 0 ? mask | (1 << (axis + 1)) : mask),
      1 | (1 << (rank - 1)),
    );
    return node.op(
      "StridedSlice",
      [
        value,
        node.int32s([0, ...offsets, 0]),
        node.int32s([0, ...ends, 0]),
        node.int32s([1, ...window.strides, 1]),
      ],
      { begin_mask: 1 | (1 << (rank - 1)), end_mask: open },
    );
  });
}

function offsetsOf(cell: number, window: Window): number[] {
  const offsets: number[] = [];
  let rest = cell;
  for (let axis = window.kernel.length - 1; axis >= 0; axis--) {
    const size = window.kernel[axis] as number;
    offsets.unshift((rest % size) * (window.dilations[axis] ?? 1));
    rest = Math.floor(rest / size);
  }
  return offsets;
}
