// What a reshape does to a layout: whether the bytes can stay as they are, and how the result's axes then stand.
// Method: both shapes are cut into the smallest groups of equal products, (N,C,H,W) -> (N,CHW) into N and CHW. A group
// whose axes stand side by side in logical order moves as a block; one merged into a single axis may stand folded.
// Invariant: undefined means that only the logical order works; a layout that is returned is exact.
import { type Dim, divideExactly, mulDims, sameDim } from "../../graph/dim.ts";
import { channelsLast, identityLayout, type Layout } from "./layout.ts";

interface Group {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** The layout of the result when the reshape moves no bytes of an input that stands in `layout`. */
export function reshapeLayout(from: readonly Dim[], to: readonly Dim[], layout: Layout): Layout | undefined {
  if (layout.folded) return undefined;
  const groups = groupAxes(from, to);
  if (!groups) return undefined;
  const stands = layout.perm.filter((axis) => from[axis] !== 1);
  const order: number[] = [];
  let folded: Layout["folded"];
  for (let at = 0; at < stands.length; ) {
    const group = groups.find((candidate) => candidate.from.includes(stands[at] as number));
    if (!group) return undefined;
    const here = stands.slice(at, at + group.from.length);
    if (!sameMembers(here, group.from)) return undefined;
    if (!here.every((axis, index) => axis === group.from[index])) {
      const [axis] = group.to;
      const sizes = group.from.map((member) => from[member] as Dim);
      if (group.to.length !== 1 || axis === undefined || folded || !allNumbers(sizes)) return undefined;
      folded = { axis, sizes, order: here.map((member) => group.from.indexOf(member)) };
    }
    order.push(...group.to);
    at += group.from.length;
  }
  return { perm: withOnes(order, to), ...(folded ? { folded } : {}) };
}

/** Pairs of axes with equal products; axes of size 1 belong to none. Undefined when the sizes do not tell. */
function groupAxes(from: readonly Dim[], to: readonly Dim[]): Group[] | undefined {
  const left = axesAboveOne(from);
  const right = axesAboveOne(to);
  const groups: Group[] = [];
  while (left.length > 0 && right.length > 0) {
    const group = nextGroup(from, to, left, right);
    if (!group) return undefined;
    groups.push(group);
  }
  return left.length === 0 && right.length === 0 ? groups : undefined;
}

/** Takes the smallest group off the front of both lists. */
function nextGroup(
  from: readonly Dim[],
  to: readonly Dim[],
  left: number[],
  right: number[],
): Group | undefined {
  const group = { from: [left.shift() as number], to: [right.shift() as number] }; // both lists have members
  let a = from[group.from[0] as number] as Dim;
  let b = to[group.to[0] as number] as Dim;
  while (!sameDim(a, b)) {
    const growLeft =
      typeof a === "number" && typeof b === "number" ? a < b : divideExactly(b, a) !== undefined;
    const growRight =
      typeof a === "number" && typeof b === "number" ? b < a : divideExactly(a, b) !== undefined;
    const axis = growLeft ? left.shift() : growRight ? right.shift() : undefined;
    if (axis === undefined) return undefined;
    if (growLeft) {
      group.from.push(axis);
      a = mulDims(a, from[axis] as Dim);
    } else {
      group.to.push(axis);
      b = mulDims(b, to[axis] as Dim);
    }
  }
  return group;
}

/** Puts axes of size 1 where a usual order of the axes has them. */
function withOnes(order: readonly number[], shape: readonly Dim[]): readonly number[] {
  const rank = shape.length;
  for (const usual of [channelsLast(rank).perm, identityLayout(rank).perm]) {
    const kept = usual.filter((axis) => shape[axis] !== 1);
    if (kept.every((axis, index) => axis === order[index])) return usual;
  }
  const perm = [...order];
  for (const axis of shape.keys()) {
    if (shape[axis] === 1) perm.splice(axis === 0 ? 0 : perm.indexOf(axis - 1) + 1, 0, axis);
  }
  return perm;
}

function axesAboveOne(shape: readonly Dim[]): number[] {
  return [...shape.keys()].filter((axis) => shape[axis] !== 1);
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((member) => b.includes(member));
}

function allNumbers(sizes: readonly Dim[]): sizes is readonly number[] {
  return sizes.every((size) => typeof size === "number");
}
