// The p-norm of vectors along axes.
import type { Value } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Call } from "./call.ts";

/** `x` has dtype `dtype`; no axes means that each element is a vector of one. */
export function vectorNorm(
  call: Call,
  x: Value,
  dtype: DType,
  p: number,
  axes: readonly number[],
  keep: boolean,
): Value {
  if (p === 0) {
    const present = call.op("Not", [call.op("Equal", [x, call.number(0, dtype)])]);
    return call.reduce("ReduceSum", call.cast(present, "bool", dtype), axes, keep);
  }
  if (axes.length === 0) return call.op("Abs", [x]);
  if (p === 2) return call.reduce("ReduceL2", x, axes, keep);
  const size = call.op("Abs", [x]);
  if (p === 1) return call.reduce("ReduceSum", size, axes, keep);
  if (!Number.isFinite(p)) return call.reduce(p > 0 ? "ReduceMax" : "ReduceMin", size, axes, keep);
  const sum = call.reduce("ReduceSum", call.op("Pow", [size, call.number(p, dtype)]), axes, keep);
  return call.op("Pow", [sum, call.number(1 / p, dtype)]);
}
