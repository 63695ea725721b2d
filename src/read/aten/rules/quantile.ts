// Medians and quantiles, by sorting. NaN in a row makes its result NaN, except in the forms that leave NaN out.
import { int } from "../../../graph/attribute.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { type DType, isFloat } from "../../../tensor/dtype.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { arithmeticDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

interface Rows {
  /** Sorted along the last axis, NaN as infinity at the end. */
  readonly values: Value;
  readonly places: Value;
  readonly size: number;
  readonly dtype: DType;
  /** int64 [..., 1]: how many elements of a row are no NaN. */
  readonly present: Value;
}

export const MEDIAN: Rule = {
  targets: ["aten::median.default", "aten::nanmedian.default", "aten::median.dim", "aten::nanmedian.dim"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    if (shape.length === 0) return [call.tensor("self"), call.builder.int64(0)];
    const whole = !call.has("dim");
    const axis = whole ? 0 : call.axis("dim", shape.length);
    const rows = sortedRows(call, axis, whole);
    const full = call.number(rows.size, "int64");
    const count =
      call.name === "median"
        ? call.op("Add", [call.op("Mul", [rows.present, call.number(0, "int64")]), full])
        : rows.present;
    // The lower of the two in the middle; a row of NaN only has count 0, and its place is 0.
    const middle = call.op("Max", [
      halved(call, call.op("Sub", [count, call.number(1, "int64")])),
      call.number(0, "int64"),
    ]);
    const pick = (from: Value) => call.op("GatherElements", [from, middle], { axis: int(-1) });
    const value = withNaN(call, rows, pick(rows.values), call.name === "median");
    const back = (picked: Value) => placed(call, picked, axis, whole);
    return [call.cast(back(value), rows.dtype, dtype), whole ? undefined : back(pick(rows.places))];
  },
};

export const QUANTILE: Rule = {
  targets: [
    "aten::quantile.default",
    "aten::quantile.scalar",
    "aten::nanquantile.default",
    "aten::nanquantile.scalar",
  ],
  emit(call) {
    const { shape } = call.type("self");
    const whole = !call.has("dim") || shape.length === 0;
    const axis = whole ? 0 : call.axis("dim", shape.length);
    const rows = sortedRows(call, axis, whole);
    const vector = call.argument("q").kind === "tensor" && call.rank("q") === 1;
    const q = vector
      ? call.as("q", rows.dtype)
      : call.op("Reshape", [call.as("q", rows.dtype), call.builder.int64s([1])]);
    const last = call.cast(call.op("Sub", [rows.present, call.number(1, "int64")]), "int64", rows.dtype);
    const full = call.number(rows.size - 1, rows.dtype);
    const span =
      call.name === "quantile"
        ? call.op("Add", [call.op("Mul", [last, call.number(0, rows.dtype)]), full])
        : last;
    const position = call.op("Max", [call.op("Mul", [span, q]), call.number(0, rows.dtype)]);
    const found = withNaN(call, rows, between(call, rows, position), call.name === "quantile");
    return arranged(call, found, axis, whole, vector);
  },
};

/** The axis goes last (without an axis the tensor is flat), and rows are sorted. */
function sortedRows(call: Call, axis: number, whole: boolean): Rows {
  const { dtype, shape } = call.type("self");
  const size = whole ? productOf(shape) : shape[axis];
  if (typeof size !== "number" || size === 0)
    throw new Refusal(`it sorts ${size} elements; a fixed number is wanted`);
  const computed = arithmeticDType(dtype);
  const self = call.as("self", computed);
  const rest = [...shape.keys()].filter((at) => at !== axis);
  const turned = whole ? call.reshape(self, shape, [size]) : call.transpose(self, [...rest, axis]);
  const missing = isFloat(computed) ? call.op("IsNaN", [turned]) : undefined;
  const infinite = call.number(Number.POSITIVE_INFINITY, computed);
  const filled = missing ? call.op("Where", [missing, infinite, turned]) : turned;
  const attributes = { axis: int(-1), largest: int(0), sorted: int(1) };
  const [values, places] = call.builder.emitAll("TopK", [filled, call.builder.int64s([size])], attributes, {
    outputs: 2,
  });
  const seen = missing ? call.cast(call.op("Not", [missing]), "bool", "int64") : ones(call, turned);
  const present = call.reduce("ReduceSum", seen, [whole ? 0 : shape.length - 1], true);
  return { values: values as Value, places: places as Value, size, dtype: computed, present }; // two outputs were asked for
}

function ones(call: Call, like: Value): Value {
  return call.op("Expand", [call.number(1, "int64"), call.op("Shape", [like])]);
}

function halved(call: Call, value: Value): Value {
  return call.op("Div", [value, call.number(2, "int64")]);
}

/** NaN for rows that hold any (`strict`), or nothing else. */
function withNaN(call: Call, rows: Rows, value: Value, strict: boolean): Value {
  if (!isFloat(rows.dtype)) return value;
  const limit = strict ? rows.size : 1;
  const bad = call.op("Less", [rows.present, call.number(limit, "int64")]);
  return call.op("Where", [bad, call.number(Number.NaN, rows.dtype), value]);
}

/** The elements around each position, interpolated as asked. */
function between(call: Call, rows: Rows, position: Value): Value {
  const pick = (at: Value) =>
    call.op("GatherElements", [rows.values, call.cast(at, rows.dtype, "int64")], { axis: int(-1) });
  const [below, above] = [call.op("Floor", [position]), call.op("Ceil", [position])];
  const mode = call.string("interpolation");
  if (mode === "lower") return pick(below);
  if (mode === "higher") return pick(above);
  if (mode === "nearest") return pick(call.op("Round", [position]));
  const [low, high] = [pick(below), pick(above)];
  const share = mode === "midpoint" ? call.number(0.5, rows.dtype) : call.op("Sub", [position, below]);
  const gap = call.op("Sub", [high, low]);
  const rest = call.op("Sub", [call.number(1, rows.dtype), share]);
  // From the nearer end: where the other one is infinite, only its side may be.
  const isLow = call.op("Less", [share, call.number(0.5, rows.dtype)]);
  const fromLow = call.op("Add", [low, call.op("Mul", [share, gap])]);
  return call.op("Where", [isLow, fromLow, call.op("Sub", [high, call.op("Mul", [rest, gap])])]);
}

/** [..., 1] back to the shape of a reduction. */
function placed(call: Call, value: Value, axis: number, whole: boolean): Value {
  const rank = call.rank("self");
  if (whole) return call.op("Reshape", [value, call.vector(call.result().shape)]);
  if (!call.bool("keepdim")) return call.squeeze(value, rank - 1);
  const perm = [...new Array<number>(rank - 1).keys()];
  perm.splice(axis, 0, rank - 1);
  return call.transpose(value, perm);
}

/** [..., Q] to [Q, ...] for a vector of quantiles, else without Q. */
function arranged(call: Call, value: Value, axis: number, whole: boolean, vector: boolean): Value {
  const shape: readonly Dim[] = call.result().shape;
  if (!vector)
    return whole ? call.op("Reshape", [value, call.vector(shape)]) : placed(call, value, axis, whole);
  const rank = whole ? 1 : call.rank("self");
  const front = call.transpose(value, [rank - 1, ...new Array<number>(rank - 1).keys()]);
  return call.reshape(front, [], shape);
}
