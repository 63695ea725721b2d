// Elements of a source combined at indices along an axis, with or without what stood there.
import { int, string } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import { sameDim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { type DType, isFloat } from "../../../tensor/dtype.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

/** ONNX's name and the element that changes nothing. */
const REDUCTIONS: Readonly<Record<string, readonly [string, number]>> = {
  sum: ["add", 0],
  mean: ["add", 0],
  prod: ["mul", 1],
  amax: ["max", Number.NEGATIVE_INFINITY],
  amin: ["min", Number.POSITIVE_INFINITY],
};

export const SCATTER_REDUCE: Rule = {
  targets: ["aten::scatter_reduce.two"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const reduce = call.string("reduce");
    const [reduction, neutral] = REDUCTIONS[reduce] ?? ["", 0];
    const kept = call.bool("include_self");
    if (reduction === "" || dtype === "bool" || (!isFloat(dtype) && (reduce === "mean" || !kept)))
      throw new Refusal(`it reduces ${dtype} by ${reduce}${kept ? "" : " without the tensor itself"}`);
    if (shape.length === 0) throw new Refusal("it writes into a tensor without axes");
    const axis = call.axis("dim", shape.length);
    const index = call.as("index", "int64");
    const write = (base: Value, updates: Value, how: string) =>
      call.op("ScatterElements", [base, index, updates], { axis: int(axis), reduction: string(how) });
    const source = cut(call, call.as("src", dtype), call.shape("src"), call.shape("index"));
    const fill = (value: number) => call.expand(call.number(value, dtype), [], call.shape("index"));
    const self = call.tensor("self");
    const base = kept ? self : write(self, fill(neutral), "none");
    const result = write(base, source, reduction);
    return reduce === "mean" ? call.op("Div", [result, counts(call, dtype, write, fill)]) : result;
  },
};

/** How many elements meet at each place: those of the source, and the tensor's own if it counts; at least 1. */
function counts(
  call: Call,
  dtype: DType,
  write: (base: Value, updates: Value, how: string) => Value,
  fill: (value: number) => Value,
): Value {
  const start = call.expand(call.number(call.bool("include_self") ? 1 : 0, dtype), [], call.shape("self"));
  return call.op("Max", [write(start, fill(1), "add"), call.number(1, dtype)]);
}

function cut(call: Call, value: Value, shape: readonly Dim[], index: readonly Dim[]): Value {
  return shape.reduce<Value>(
    (now, size, axis) =>
      sameDim(size, index[axis] as Dim) ? now : call.slice(now, axis, 0, index[axis] as Dim),
    value,
  );
}
