// Running combinations of an associative operator along an axis, in log2(n) steps of doubling reach.
// Source: W. D. Hillis, G. L. Steele, Data Parallel Algorithms, CACM 29 (1986)

import { int } from "../../graph/attribute.ts";
import type { Dim } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import { Refusal } from "./argument.ts";
import type { Call } from "./call.ts";

/** Combines an earlier stretch with a later one; both are lists of tensors that belong together. */
export type Combine = (earlier: readonly Value[], later: readonly Value[]) => readonly Value[];

/** After it, element i of the axis holds the combination of elements 0 to i. */
export function scan(
  call: Call,
  values: readonly Value[],
  axis: number,
  size: Dim | undefined,
  combine: Combine,
): readonly Value[] {
  if (typeof size !== "number") throw new Refusal(`it runs along an axis of ${size}; a fixed size is wanted`);
  if (size === 1) return values.map((value) => turnedRound(call, value, axis));
  let now = values;
  for (let reach = 1; reach < size; reach *= 2) {
    const head = now.map((value) => call.slice(value, axis, 0, reach));
    const earlier = now.map((value) => call.slice(value, axis, 0, size - reach));
    const later = now.map((value) => call.slice(value, axis, reach, size));
    const combined = combine(earlier, later);
    now = head.map((value, index) => call.op("Concat", [value, combined[index]], { axis: int(axis) }));
  }
  return now;
}

/**
 * The same elements, of an axis of one: turned round, which shows that an operator works along the axis. Left out, the
 * axis would seem to be a batch whose samples do not meet.
 */
export function turnedRound(call: Call, value: Value, axis: number): Value {
  const at = (place: number) => call.builder.int64s([place]);
  return call.op("Slice", [value, at(-1), at(-(2 ** 63)), at(axis), at(-1)]);
}
