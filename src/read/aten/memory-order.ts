// How elements lie in memory: strides of tensors that are whole, permuted, reshaped or expanded.
// Layout: element (i, j, ...) of a tensor is element i * strides[0] + j * strides[1] + ... of its memory. Strides of axes of
// size 1 say nothing.
// Source: https://docs.pytorch.org/docs/stable/tensor_view.html
// Not here: which operators make views (views.ts).
import { type Dim, mulDims, sameDim } from "../../graph/dim.ts";

type Dims = readonly Dim[];

/** Strides of a tensor whose elements lie in memory in their order and without gaps. */
export function contiguousStrides(shape: Dims): Dim[] {
  const strides: Dim[] = [];
  let step: Dim = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(step);
    step = mulDims(step, size);
  }
  return strides;
}

/** Strides of pictures and videos whose channels lie innermost; undefined for other ranks. */
export function channelsLastStrides(shape: Dims): Dim[] | undefined {
  if (shape.length !== 4 && shape.length !== 5) return undefined;
  const [batch = 1, channels = 1, ...sizes] = shape;
  const [first = 1, ...rest] = contiguousStrides([batch, ...sizes, channels]);
  return [first, 1, ...rest.slice(0, -1)];
}

/** Whether two tensors of a shape lie in memory alike. */
export function sameOrder(shape: Dims, a: Dims, b: Dims): boolean {
  return shape.every((size, axis) => size === 1 || sameDim(a[axis] ?? 1, b[axis] ?? 1));
}

/** Whether elements lie in memory in their order and without gaps. */
export function isContiguous(shape: Dims, strides: Dims): boolean {
  const innermost = shape.findLastIndex((size) => size !== 1);
  return innermost < 0 || (strides[innermost] === 1 && contiguousRuns(shape, strides).length === 1);
}

/**
 * The axes in the order in which memory has them, outermost first; undefined for a tensor with gaps, with elements that
 * share memory, or whose strides leave it open.
 */
export function memoryOrder(shape: Dims, strides: Dims): number[] | undefined {
  const left = [...shape.keys()].filter((axis) => shape[axis] !== 1);
  const order: number[] = [];
  let step: Dim = 1;
  while (left.length > 0) {
    const at = left.findLastIndex((axis) => sameDim(strides[axis] ?? 1, step));
    const [axis] = at < 0 ? [] : left.splice(at, 1);
    if (axis === undefined) return undefined;
    order.unshift(axis);
    step = mulDims(step, shape[axis] ?? 1);
  }
  return [...[...shape.keys()].filter((axis) => shape[axis] === 1), ...order];
}

/** Strides of the same memory in another shape; undefined where elements would have to move. */
export function reshapedStrides(shape: Dims, strides: Dims, target: Dims): Dim[] | undefined {
  const seen: Dim[] = [];
  for (const { count: wanted, step } of contiguousRuns(shape, strides)) {
    const from = seen.length;
    let count: Dim = 1;
    while (!sameDim(count, wanted) && seen.length < target.length) {
      const size: Dim = target[seen.length] as Dim; // it is below the length
      count = mulDims(count, size);
      seen.push(size);
      if (typeof count === "number" && typeof wanted === "number" && count > wanted) return undefined;
    }
    if (!sameDim(count, wanted)) return undefined;
    const sizes = seen.splice(from);
    seen.push(...contiguousStrides(sizes).map((inner) => mulDims(inner, step)));
  }
  const rest = target.slice(seen.length);
  return rest.every((size) => size === 1) ? [...seen, ...rest] : undefined;
}

/** Strides of the same memory seen in a larger shape, in which elements repeat along axes. */
export function expandedStrides(shape: Dims, strides: Dims, target: Dims): Dim[] {
  const lead = target.length - shape.length;
  const seen: Dim[] = [];
  for (let axis = target.length - 1; axis >= 0; axis -= 1) {
    const [own, wanted] = [axis < lead ? 1 : (shape[axis - lead] ?? 1), target[axis] ?? 1];
    const outside = mulDims(target[axis + 1] ?? 1, seen[0] ?? 1);
    const step = axis < lead ? outside : (strides[axis - lead] ?? 1);
    seen.unshift(sameDim(own, wanted) ? step : 0);
  }
  return seen;
}

interface Run {
  /** How many elements. */
  readonly count: Dim;
  /** How far apart. */
  readonly step: Dim;
}

/** Stretches of elements that lie in memory one after the other at equal distances, from the first axis on. */
function contiguousRuns(shape: Dims, strides: Dims): Run[] {
  const runs: Run[] = [];
  let next: Dim | undefined;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const size = shape[axis] ?? 1;
    const step = strides[axis] ?? 1;
    if (size === 1) continue;
    const [inner] = runs;
    if (inner && next !== undefined && sameDim(step, next))
      runs[0] = { count: mulDims(inner.count, size), step: inner.step };
    else runs.unshift({ count: size, step });
    next = mulDims(step, size);
  }
  return runs;
}
