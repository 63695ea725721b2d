// Where the batch stands in a shape, and where a Reshape puts it.
// Layout: the axis of size factor * batch; a step of the batch is `inner` elements of that axis, so that the batch is the
// outermost part of the axis if inner = factor and the innermost if inner = 1. A free size in the factor is the number that
// stands for it (sizes.ts).
import { type Dim, divideExactly } from "../graph/dim.ts";
import type { Sizes } from "./sizes.ts";

export interface BatchAxis {
  readonly axis: number;
  readonly factor: number;
  readonly inner: number;
}

/** The only axis with the batch, the batch taken as its outermost part; undefined if there is none, or more than one. */
export function batchAxisOf(shape: readonly Dim[], sizes: Sizes): BatchAxis | undefined {
  const axes = [...shape.keys()].filter((axis) => sizes.mentionsBatch(shape[axis] ?? 0));
  const [axis] = axes;
  if (axis === undefined || axes.length > 1) return undefined;
  const factor = divideExactly(shape[axis] ?? 0, sizes.batch);
  const count = factor === undefined ? 0 : sizes.inFile(factor);
  return count > 0 ? { axis, factor: count, inner: count } : undefined;
}

/**
 * The axes of `to` that can hold the batch of `from` when elements keep their order, both as the sizes of the file. More
 * than one only if the file's batch is 1. The likeliest first: an axis of the batch alone, at its old place or from the
 * left; then one that it is joined with, from the right, where a wrong guess soon meets sizes that do not fit.
 */
export function placesAfterReshape(
  from: readonly number[],
  batch: BatchAxis,
  to: readonly number[],
  baked: number,
): BatchAxis[] {
  const low = product(from.slice(batch.axis + 1)) * batch.inner;
  const high = low * baked;
  const places: BatchAxis[] = [];
  for (const [axis, size] of to.entries()) {
    const step = product(to.slice(axis + 1));
    const isInside = step <= low && high <= step * size && low % step === 0 && (step * size) % high === 0;
    if (isInside) places.push({ axis, factor: size / baked, inner: low / step });
  }
  const rank = ({ axis, factor }: BatchAxis): number => {
    if (factor === 1) return axis === batch.axis ? -1 : axis;
    return 2 * to.length - axis;
  };
  return places.sort((a, b) => rank(a) - rank(b));
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, size) => all * size, 1);
}
