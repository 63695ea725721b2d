// Moves elements of row-major lists without looking at them: what Transpose, Slice, Expand, Gather and Concat have in
// common. Works on symbolic contents and on numbers alike.
// Not here: the same for bytes of weights (tensor/gather-strided.ts, tensor/transpose.ts).
import { contiguousStrides } from "../../tensor/gather-strided.ts";

/** Element (i, j, ...) of the result is element offset + i * strides[0] + j * strides[1] + ... of the source. */
export interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Positions in the source of the view's elements, in row-major order. */
export function positionsOf(view: View): number[] {
  let positions = [view.offset];
  for (const [axis, size] of view.shape.entries()) {
    const stride = view.strides[axis] ?? 0;
    const next: number[] = [];
    for (const start of positions)
      for (let index = 0; index < size; index++) next.push(start + index * stride);
    positions = next;
  }
  return positions;
}

export function pick<Element>(elements: readonly Element[], view: View): Element[] {
  return positionsOf(view).map((position) => elements[position] as Element); // views stay inside
}

/** The view that reads `shape` as if it were broadcast to `target` (NumPy's rule; the shapes must fit). */
export function broadcastView(shape: readonly number[], target: readonly number[]): View {
  const strides = contiguousStrides(shape);
  const missing = target.length - shape.length;
  return {
    shape: target,
    strides: target.map((_, axis) => (shape[axis - missing] === 1 ? 0 : (strides[axis - missing] ?? 0))),
    offset: 0,
  };
}

/** Lists joined along an axis. `parts` have the shapes `shapes`, equal but for that axis. */
export function concatenate<Element>(
  parts: readonly (readonly Element[])[],
  shapes: readonly (readonly number[])[],
  axis: number,
): Element[] {
  const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);
  const outer = product((shapes[0] ?? []).slice(0, axis));
  const runs = shapes.map((shape) => product(shape.slice(axis)));
  const joined: Element[] = [];
  for (let index = 0; index < outer; index++) {
    for (const [part, elements] of parts.entries()) {
      const run = runs[part] ?? 0;
      for (let at = index * run; at < (index + 1) * run; at++) joined.push(elements[at] as Element); // in range
    }
  }
  return joined;
}
