// Integrals by the trapezoidal rule, whole and running: steps times the means of neighbours.
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isFloat } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const TRAPEZOID: Rule = {
  targets: ["trapezoid", "trapz", "cumulative_trapezoid"].flatMap((name) => [
    `aten::${name}.x`,
    `aten::${name}.dx`,
  ]),
  limits: "not of integers",
  refuse: (call) => (isFloat(call.dtypeOf("y")) ? undefined : "it integrates integers; give it floats"),
  emit(call) {
    const { dtype } = call.result();
    const axis = call.axis("dim", call.rank("y"));
    const y = call.as("y", dtype);
    const sums = call.op("Add", [later(call, y, axis), earlier(call, y, axis)]);
    const areas = call.op("Mul", [call.op("Mul", [sums, stepsOf(call, axis)]), call.number(0.5, dtype)]);
    if (call.name === "cumulative_trapezoid") return call.op("CumSum", [areas, call.builder.int64(axis)]);
    return call.reduce("ReduceSum", areas, [axis], false);
  },
};

/** One number for all steps, a vector of them along the axis, or as many as y has. */
function stepsOf(call: Call, axis: number): Value {
  const { dtype } = call.result();
  if (!call.has("x")) return call.as("dx", dtype);
  const rank = call.rank("y");
  const shape = call.shape("x");
  const places: readonly Dim[] =
    shape.length === 1
      ? Array.from({ length: rank }, (_, at) => (at === axis ? (shape[0] as Dim) : 1))
      : shape;
  const x = call.reshape(call.as("x", dtype), shape, places);
  const own = axis - rank + places.length;
  return call.op("Sub", [later(call, x, own), earlier(call, x, own)]);
}

function later(call: Call, x: Value, axis: number): Value {
  return call.slice(x, axis, 1, 2 ** 63);
}

function earlier(call: Call, x: Value, axis: number): Value {
  return call.slice(x, axis, 0, -1);
}
