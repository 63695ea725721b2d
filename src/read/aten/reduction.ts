// The axes of a reduction and whether they are kept, as PyTorch's arguments say it.
import type { Facts } from "./argument.ts";

/** Axes by `dim`; all of them if it is absent or empty. */
export function axesOf(call: Facts): number[] {
  const rank = call.rank("self");
  return rank === 0 ? [] : call.axes("dim", rank);
}

export function keepsAxes(call: Facts): boolean {
  return call.has("keepdim") && call.bool("keepdim");
}

/** Whether it reduces no elements at all: then a mean is NaN. */
export function isEmptyReduction(call: Facts): boolean {
  const shape = call.shape("self");
  return axesOf(call).some((axis) => shape[axis] === 0);
}
