// Python's `range`, whose bounds may be sizes that only running tells.
import { ceilDivDims, type Dim, subDims } from "../../../graph/dim.ts";
import { Unfollowed } from "../refusal.ts";
import { describe, int, type Value } from "../values.ts";

export interface Range {
  readonly start: Dim;
  readonly end: Dim;
  readonly step: number;
}

/** From the arguments of `range`. Throws Unfollowed for what is no integer. */
export function rangeFrom(bounds: readonly Value[]): Range {
  const dims = bounds.map((bound) => {
    if (bound.kind === "int") return bound.value;
    throw new Unfollowed(`a loop runs ${describe(bound)} times`);
  });
  const [first = 0, second, step = 1] = dims;
  if (typeof step !== "number" || step === 0) throw new Unfollowed(`a range with a step of ${step}`);
  const [start, end] = second === undefined ? [0, first] : [first, second];
  return { start, end, step };
}

export function isFixed({ start, end }: Range): boolean {
  return typeof start === "number" && typeof end === "number";
}

/** The integers of a range whose bounds are known. */
export function* itemsOfRange({ start, end, step }: Range): Generator<Value> {
  for (let at = Number(start); step > 0 ? at < Number(end) : at > Number(end); at += step) yield int(at);
}

/** How many there are; zero or less if there are none. */
export function tripsOf({ start, end, step }: Range): Dim {
  return step > 0 ? ceilDivDims(subDims(end, start), step) : ceilDivDims(subDims(start, end), -step);
}
