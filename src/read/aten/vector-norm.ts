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
  if (!Number.isFinite(p)) return extreme(call, p > 0 ? "ReduceMax" : "ReduceMin", size, dtype, axes, keep);
  const sum = call.reduce("ReduceSum", call.op("Pow", [size, call.number(p, dtype)]), axes, keep);
  return call.op("Pow", [sum, call.number(1 / p, dtype)]);
}

/** ONNX Runtime's extremes may pass over NaN; PyTorch's do not. */
function extreme(
  call: Call,
  op: string,
  size: Value,
  dtype: DType,
  axes: readonly number[],
  keep: boolean,
): Value {
  const missing = call.cast(call.op("IsNaN", [size]), "bool", "int32");
  const any = call.cast(call.reduce("ReduceMax", missing, axes, keep), "int32", "bool");
  return call.op("Where", [any, call.number(Number.NaN, dtype), call.reduce(op, size, axes, keep)]);
}
