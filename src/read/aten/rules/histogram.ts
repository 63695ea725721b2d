// Counts of elements by bins. Bins include their left border; the last one its right border too.
// What lies outside, and NaN, is in no bin.
import { int, string } from "../../../graph/attribute.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { fixedSize, Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";

/** Equal bins from min to max; both 0 means from the data's smallest to its largest. */
export const EQUAL_BINS: Rule = {
  targets: ["aten::histc.default"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const reals = new Reals(call, dtype);
    const [bins, min, max] = [call.int("bins"), call.float("min"), call.float("max")];
    const x = call.reshape(call.tensor("self"), shape, [productOf(shape)]);
    const [low, high] = min === max ? rangeOfData(call, reals, x, 1) : [reals.of(min), reals.of(max)];
    const scaled = reals.div(reals.mul(reals.sub(x, low), bins), reals.sub(high, low));
    const inside = reals.both(call.op("GreaterOrEqual", [x, low]), call.op("LessOrEqual", [x, high]));
    const bin = reals.min(reals.floor(scaled), bins - 1);
    const place = call.cast(reals.where(inside, bin, bins), dtype, "int64");
    return call.slice(added(call, place, undefined, bins + 1, dtype, productOf(shape)), 0, 0, bins);
  },
};

/** Data without any extent is widened at both ends. */
function rangeOfData(call: Call, reals: Reals, x: Value, margin: number): [Value, Value] {
  const low = call.reduce("ReduceMin", x, [0], true);
  const high = call.reduce("ReduceMax", x, [0], true);
  const same = reals.equal(low, high);
  return [reals.where(same, reals.sub(low, margin), low), reals.where(same, reals.add(high, margin), high)];
}

/** Also gives the borders. */
export const HISTOGRAM: Rule = {
  targets: ["aten::histogram.bin_ct", "aten::histogram.bins_tensor"],
  emit(call) {
    const { dtype, shape } = call.type("self");
    const count = productOf(shape);
    const points = call.reshape(call.tensor("self"), shape, [count, 1]);
    const borders = call.target.endsWith("tensor")
      ? call.as("bins", dtype)
      : bordersOf(call, points, dtype, 0, call.int("bins"), 1);
    const sizes = [fixedSize(call.result(1).shape[0]) - 1];
    const hist = counted(call, points, [borders], sizes, count);
    return [call.reshape(hist, sizes, call.result(0).shape), borders];
  },
};

/** Points of several dimensions: the last axis of `self` is the dimension. */
export const HISTOGRAM_OF_POINTS: Rule = {
  targets: ["default", "int_bins", "TensorList_bins"].map((overload) => `aten::histogramdd.${overload}`),
  emit(call) {
    const { dtype, shape } = call.type("self");
    const dimensions = fixedSize(shape.at(-1));
    const count = productOf(shape.slice(0, -1));
    const points = call.reshape(call.tensor("self"), shape, [count, dimensions]);
    const sizes = call.result(0).shape.map(fixedSize);
    const given = call.target.endsWith("TensorList_bins") ? call.tensors("bins") : undefined;
    const borders = sizes.map(
      (bins, axis) => given?.[axis] ?? bordersOf(call, points, dtype, axis, bins, dimensions),
    );
    return [counted(call, points, borders, sizes, count), ...borders];
  },
};

/** bins + 1 borders: start + i * step for the first half, end - (bins - i) * step for the second, as linspace has it. */
function bordersOf(
  call: Call,
  points: Value,
  dtype: DType,
  axis: number,
  bins: number,
  dimensions: number,
): Value {
  const reals = new Reals(call, dtype);
  const range = call.has("range") ? call.floats("range") : undefined;
  if (range && range.length !== 2 * dimensions)
    throw new Refusal("its range has not two numbers a dimension");
  const column = call.slice(points, 1, axis, axis + 1);
  const [low, high] = range
    ? [reals.of(range[2 * axis] ?? 0), reals.of(range[2 * axis + 1] ?? 0)]
    : rangeOfData(call, reals, call.squeeze(column, 1), 0.5);
  if (range && range[2 * axis] === range[2 * axis + 1]) throw new Refusal("its range is empty");
  const step = reals.div(reals.sub(high, low), bins);
  const half = Math.floor((bins + 1) / 2);
  const places = Array.from({ length: bins + 1 }, (_, index) => index);
  const rising = call.table(dtype, [half], places.slice(0, half));
  const falling = call.table(
    dtype,
    [bins + 1 - half],
    places.slice(half).map((at) => bins - at),
  );
  return call.op(
    "Concat",
    [reals.add(low, reals.mul(step, rising)), reals.sub(high, reals.mul(step, falling))],
    { axis: int(0) },
  );
}

/** Weights, or ones, added up by bin; `points` is [count, dimensions]. */
function counted(
  call: Call,
  points: Value,
  borders: readonly Value[],
  sizes: readonly number[],
  count: Dim,
): Value {
  const { dtype } = call.type("self");
  const total = sizes.reduce((product, size) => product * size, 1);
  let place = call.number(0, "int64");
  let inside: Value | undefined;
  for (const [axis, border] of borders.entries()) {
    const bins = sizes[axis] ?? 1;
    const column = call.slice(points, 1, axis, axis + 1);
    const reached = call.op("GreaterOrEqual", [column, border]);
    const passed = call.reduce("ReduceSum", call.cast(reached, "bool", "int64"), [1], false);
    const last = call.op("Gather", [border, call.builder.int64(-1)], { axis: int(0) });
    const within = call.op("And", [
      call.op("Greater", [passed, call.number(0, "int64")]),
      call.op("LessOrEqual", [call.squeeze(column, 1), last]),
    ]);
    const bin = call.op("Min", [
      call.op("Sub", [passed, call.number(1, "int64")]),
      call.number(bins - 1, "int64"),
    ]);
    place = call.op("Add", [call.op("Mul", [place, call.number(bins, "int64")]), bin]);
    inside = inside ? call.op("And", [inside, within]) : within;
  }
  const where = call.op("Where", [inside, place, call.number(total, "int64")]);
  const weight = call.has("weight")
    ? call.reshape(call.as("weight", dtype), call.shape("weight"), [count])
    : undefined;
  const flat = call.slice(added(call, where, weight, total + 1, dtype, count), 0, 0, total);
  const hist = call.reshape(flat, [total], sizes);
  return call.bool("density") ? density(call, hist, borders, sizes) : hist;
}

/** Divided by the total and by the bins' volumes, so that it integrates to 1. */
function density(call: Call, hist: Value, borders: readonly Value[], sizes: readonly number[]): Value {
  const axes = [...sizes.keys()];
  let result = call.op("Div", [hist, call.reduce("ReduceSum", hist, axes, true)]);
  for (const [axis, border] of borders.entries()) {
    const width = call.op("Sub", [call.slice(border, 0, 1, 2 ** 63), call.slice(border, 0, 0, -1)]);
    const others = axes.filter((at) => at !== axis);
    result = call.op("Div", [result, others.length > 0 ? call.unsqueeze(width, ...others) : width]);
  }
  return result;
}

/** `size` sums of the weights of each place. */
function added(
  call: Call,
  place: Value,
  weight: Value | undefined,
  size: Dim,
  dtype: DType,
  count: Dim,
): Value {
  const zeros = call.expand(call.number(0, dtype), [], [size]);
  const ones = weight ?? call.expand(call.number(1, dtype), [], [count]);
  return call.op("ScatterElements", [zeros, place, ones], { axis: int(0), reduction: string("add") });
}

/** How often each number from 0 on occurs, or the sum of its weights; at least `minlength` of them. */
export const BIN_COUNT: Rule = {
  targets: ["aten::bincount.default"],
  emit(call) {
    const [count] = call.shape("self") as [Dim];
    const { dtype } = call.result();
    const x = call.as("self", "int64");
    // One zero beside them, so that there is a largest one of no numbers.
    const padded = call.op(
      "Concat",
      [call.op("Sub", [x, call.number(-1, "int64")]), call.builder.int64s([0])],
      {
        axis: int(0),
      },
    );
    const size = call.op("Max", [
      call.reduce("ReduceMax", padded, [0], true),
      call.op("Reshape", [call.dimEmitter.scalar(call.dim("minlength")), call.builder.int64s([1])]),
    ]);
    const zeros = call.op("Expand", [call.number(0, dtype), size]);
    const ones = call.has("weights")
      ? call.as("weights", dtype)
      : call.expand(call.number(1, dtype), [], [count]);
    return call.op("ScatterElements", [zeros, x, ones], { axis: int(0), reduction: string("add") });
  },
};
