// In which order a value's axes stand in memory. Logical shapes stay ONNX's throughout; a layout maps them to bytes.
// Layout: physical axis i is logical axis perm[i]. A merged axis (a flattened feature map) may also stand with its
// factors in another order: `folded` says which axis, the sizes of its factors, and the order in which they stand.
import type { Dim } from "../../graph/dim.ts";

export interface Folded {
  readonly axis: number;
  /** Sizes of the factors in logical order; their product is the axis. */
  readonly sizes: readonly number[];
  /** Physical factor i is logical factor order[i]. */
  readonly order: readonly number[];
}

export interface Layout {
  readonly perm: readonly number[];
  readonly folded?: Folded;
}

export function identityLayout(rank: number): Layout {
  return { perm: Array.from({ length: rank }, (_, axis) => axis) };
}

/** N, spatial axes, C. The same as the identity below rank 3. */
export function channelsLast(rank: number): Layout {
  if (rank < 3) return identityLayout(rank);
  return { perm: [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1] };
}

export function layoutKey(layout: Layout): string {
  const folded = layout.folded;
  return folded ? `${layout.perm};${folded.axis}:${folded.sizes}:${folded.order}` : layout.perm.join(",");
}

export function sameLayout(a: Layout, b: Layout): boolean {
  return layoutKey(a) === layoutKey(b);
}

/** Where logical axis `axis` (not negative) stands. */
export function physicalAxis(layout: Layout, axis: number): number {
  return layout.perm.indexOf(axis);
}

/** One entry per logical axis, put in the order in which the axes stand. */
export function inLayout<T>(perAxis: readonly T[], layout: Layout): T[] {
  return layout.perm.map((axis) => perAxis[axis] as T);
}

/** The shape and the permutation of a value with the factors of folded axes as axes of their own. */
export function unfold(
  shape: readonly Dim[],
  layout: Layout,
  folds: readonly Folded[],
): { shape: Dim[]; perm: number[] } {
  const first: number[] = [];
  const unfolded: Dim[] = [];
  for (const [axis, size] of shape.entries()) {
    first.push(unfolded.length);
    const fold = folds.find((candidate) => candidate.axis === axis);
    unfolded.push(...(fold ? fold.sizes : [size]));
  }
  const perm = layout.perm.flatMap((axis) => {
    const start = first[axis] as number;
    const fold = folds.find((candidate) => candidate.axis === axis);
    if (!fold) return [start];
    const own = layout.folded?.axis === axis ? layout.folded : undefined;
    return fold.sizes.map((_, factor) => start + (own ? (own.order[factor] as number) : factor));
  });
  return { shape: unfolded, perm };
}

/** The permutation from one order of axes to another: axis i of the result is axis result[i] of the source. */
export function permutationBetween(from: readonly number[], to: readonly number[]): number[] {
  return to.map((axis) => from.indexOf(axis));
}
