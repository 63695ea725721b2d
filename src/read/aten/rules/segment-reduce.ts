// Neighbouring elements of an axis reduced in segments of given lengths. An empty segment has the initial value, or else
// what the reduction of nothing is: 0, 1, an infinity, NaN for a mean.
// Layout: data [batch..., N, rest...], lengths [batch..., S], offsets [batch..., S + 1] -> [batch..., S, rest...].
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** ONNX's operators for reducing and for joining, and what changes nothing. */
const REDUCTIONS: Readonly<Record<string, readonly [string, string, number]>> = {
  sum: ["ReduceSum", "Add", 0],
  mean: ["ReduceSum", "Add", 0],
  prod: ["ReduceProd", "Mul", 1],
  max: ["ReduceMax", "Max", Number.NEGATIVE_INFINITY],
  min: ["ReduceMin", "Min", Number.POSITIVE_INFINITY],
};

export const SEGMENT_REDUCE: Rule = {
  targets: ["aten::segment_reduce.default"],
  limits: "segments by lengths or offsets",
  refuse: (call) =>
    call.has("indices") || !(call.string("reduce") in REDUCTIONS)
      ? "only segments by lengths or offsets are supported"
      : undefined,
  emit(call) {
    const { dtype, shape } = call.type("data");
    const axis = call.axis("axis", shape.length);
    const [reduce, join, neutral] = REDUCTIONS[call.string("reduce")] as readonly [string, string, number]; // refuse saw to it
    const { starts, ends } = borders(call, axis);
    const places = call.op("Range", [
      call.builder.int64(0),
      call.dimEmitter.scalar(shape[axis] ?? 0),
      call.builder.int64(1),
    ]);
    // [batch..., S, N]: whether an element is of a segment
    const within = call.op("And", [
      call.op("GreaterOrEqual", [places, call.unsqueeze(starts, axis + 1)]),
      call.op("Less", [places, call.unsqueeze(ends, axis + 1)]),
    ]);
    const rest = shape.slice(axis + 1).map((_, index) => axis + 2 + index);
    const mask = rest.length > 0 ? call.unsqueeze(within, ...rest) : within;
    const data = call.unsqueeze(call.tensor("data"), axis);
    const kept = call.op("Where", [mask, data, call.number(neutral, dtype)]);
    let result = call.reduce(reduce, kept, [axis + 1], false);
    if (call.has("initial")) result = call.op(join, [result, call.as("initial", dtype)]);
    if (call.string("reduce") !== "mean") return result;
    return divided(call, result, call.op("Sub", [ends, starts]), rest.length, dtype);
  },
};

function borders(call: Call, axis: number): { starts: Value; ends: Value } {
  if (call.has("lengths")) {
    const lengths = call.as("lengths", "int64");
    const ends = call.op("CumSum", [lengths, call.builder.int64(axis)]);
    return { starts: call.op("Sub", [ends, lengths]), ends };
  }
  const offsets = call.as("offsets", "int64");
  return { starts: call.slice(offsets, axis, 0, -1), ends: call.slice(offsets, axis, 1, 2 ** 63) };
}

/** The sum by the number of elements; an empty segment keeps its initial value. */
function divided(call: Call, sum: Value, lengths: Value, rest: number, dtype: DType): Value {
  const rank = call.rank(call.has("lengths") ? "lengths" : "offsets");
  const axes = Array.from({ length: rest }, (_, index) => rank + index);
  const spread = rest > 0 ? call.unsqueeze(lengths, ...axes) : lengths;
  const real = call.cast(spread, "int64", dtype);
  if (!call.has("initial")) return call.op("Div", [sum, real]);
  return call.op("Div", [sum, call.op("Max", [real, call.number(1, dtype)])]);
}
