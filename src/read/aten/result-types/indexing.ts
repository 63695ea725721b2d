// Results that are chosen elements: slices, rows by number, masks, places.
import {
  addDims,
  type Dim,
  divideExactly,
  floorDivDims,
  maxDims,
  minDims,
  mulDims,
  mulDims as repeated,
  subDims,
} from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { type Facts, Refusal } from "../argument.ts";
import { isCounted, isNeverNegative, lowest } from "./bounds.ts";
import { broadcast, forEach, type Infer, type InferTable, replaced, typed, withoutAxes } from "./infer.ts";

const slice: Infer = (call, fresh) => {
  const { dtype, shape } = call.type("self");
  const axis = call.axis("dim", shape.length);
  const size = shape[axis] ?? 0;
  if (isComputed(boundOf(call, "start", 0), size) || isComputed(boundOf(call, "end", size), size))
    return [typed(dtype, replaced(shape, axis, fresh()))];
  const start = call.has("start") ? within(call.dim("start"), size) : 0;
  const end = call.has("end") ? within(call.dim("end"), size) : size;
  return [typed(dtype, replaced(shape, axis, lengthOf(start, end, call.has("step") ? call.int("step") : 1)))];
};

function boundOf(call: Facts, name: "start" | "end", fallback: Dim): Dim {
  return call.has(name) ? call.dim(name) : fallback;
}

/** Whether a bound is a number that only running tells, unless it is so for the size too and their distance is known. */
function isComputed(bound: Dim, size: Dim): boolean {
  return isCounted(bound) && typeof subDims(size, bound) !== "number";
}

/** Python's rule for a bound of a slice: negative ones count from the end, and none reaches outside. */
function within(bound: Dim, size: Dim): Dim {
  if (typeof bound === "number" && typeof size === "number")
    return Math.min(Math.max(bound < 0 ? bound + size : bound, 0), size);
  if (typeof bound === "number") {
    if (bound === 0 || bound >= HUGE) return bound === 0 ? 0 : size;
    // A symbol of an input is at least 1, so only the first and the last element are certain.
    if (bound === -1) return mayBeEmpty(size) ? maxDims(subDims(size, 1), 0) : subDims(size, 1);
    if (bound === 1) return mayBeEmpty(size) ? minDims(size, 1) : 1;
    const inside = bound < 0 ? addDims(size, bound) : bound;
    if (isNeverNegative(subDims(size, Math.abs(bound)))) return inside;
    return bound < 0 ? maxDims(inside, 0) : minDims(size, bound);
  }
  const rest = subDims(size, bound);
  if (typeof rest === "number" && rest >= 0 && typeof size !== "number") return bound;
  if (isNeverNegative(bound)) return isNeverNegative(rest) ? bound : minDims(size, bound);
  const fromEnd = addDims(size, bound);
  if (lowest(mulDims(bound, -1)) > 0) return isNeverNegative(fromEnd) ? fromEnd : maxDims(fromEnd, 0);
  throw new Refusal(`an axis of ${size} is cut at ${bound}, which may be outside`);
}

/** Whether it is a size that only running tells and that nothing keeps above 0. */
function mayBeEmpty(size: Dim): boolean {
  return isCounted(size) && lowest(size) < 1;
}

/** PyTorch writes 2^63 - 1 for "to the end". */
const HUGE = 2 ** 31;

function lengthOf(start: Dim, end: Dim, step: number): Dim {
  const difference = subDims(end, start);
  const length = start === 0 || isNeverNegative(difference) ? difference : maxDims(difference, 0);
  if (typeof length === "number") return Math.max(0, Math.ceil(length / step));
  return step === 1 ? length : (divideExactly(length, step) ?? floorDivDims(addDims(length, step - 1), step));
}

const narrow: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype, replaced(shape, call.axis("dim", shape.length), call.dim("length")))];
};

const select: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  return [typed(dtype, withoutAxes(shape, [call.axis("dim", shape.length)], false))];
};

const indexSelect: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  if (shape.length === 0) return [typed(dtype, [])];
  const [count = 1] = call.shape("index");
  return [typed(dtype, replaced(shape, call.axis("dim", shape.length), count))];
};

const embedding: Infer = (call) => {
  const { dtype, shape } = call.type("weight");
  return [typed(dtype, [...call.shape("indices"), ...shape.slice(1)])];
};

const gather: Infer = (call) => [typed(call.dtypeOf("self"), call.shape("index"))];

/** NumPy's advanced indexing; a mask stands for as many places as it has true elements. */
const index: Infer = (call, fresh) => {
  const { dtype, shape } = call.type("self");
  const chosen: (readonly Dim[])[] = [];
  const axes: number[] = [];
  let axis = 0;
  for (const type of call.typesOf("indices")) {
    const isMask = type?.dtype === "bool" || type?.dtype === "uint8";
    const span = type && isMask ? type.shape.length : 1;
    if (type) {
      chosen.push(isMask ? [fresh()] : type.shape);
      for (let place = 0; place < span; place++) axes.push(axis + place);
    }
    axis += span;
  }
  const common = indexShape(chosen);
  const rest = shape.flatMap((size, place) => (axes.includes(place) ? [] : [{ size, place }]));
  const first = axes[0] ?? 0;
  const adjacent = axes.every((place, at) => place === first + at);
  const before = adjacent ? rest.filter(({ place }) => place < first) : [];
  const after = adjacent ? rest.filter(({ place }) => place >= first) : rest;
  return [typed(dtype, [...before.map(({ size }) => size), ...common, ...after.map(({ size }) => size)])];
};

function indexShape(chosen: readonly (readonly Dim[])[]): readonly Dim[] {
  const [only] = chosen;
  return chosen.length === 1 && only ? only : broadcast(chosen);
}

/** Places of the true elements, one row each. */
const places: Infer = (call, fresh) => {
  const { shape } = call.type("self");
  return [typed("int64", [fresh(), shape.length])];
};

const masked: Infer = (call, fresh) => [typed(call.dtypeOf("self"), [fresh()])];

const kept: Infer = (_, fresh) => [typed("int64", [fresh()])];

/** Distinct values; the other results are empty unless they are asked for. */
const distinct: Infer = (call, fresh) => {
  const { dtype, shape } = call.type("self");
  const axis = call.has("dim") ? call.axis("dim", shape.length) : undefined;
  const count = fresh();
  const places = axis === undefined ? shape : [shape[axis] ?? 1];
  const asked = (name: string) => call.has(name) && call.bool(name);
  return [
    typed(dtype, axis === undefined ? [count] : replaced(shape, axis, count)),
    typed("int64", asked("return_inverse") ? places : [0]),
    typed("int64", asked("return_counts") ? [count] : [0]),
  ];
};

const repeatInterleave: Infer = (call, fresh) => {
  if (!call.has("self")) return [typed(call.dtypeOf("repeats"), [fresh()])]; // places alone
  const { dtype, shape } = call.type("self");
  const times = call.argument("repeats");
  const axis = call.has("dim") ? call.axis("dim", shape.length) : undefined;
  if (times.kind !== "int")
    return [typed(dtype, axis === undefined ? [fresh()] : replaced(shape, axis, fresh()))];
  const grow = (size: Dim): Dim => repeated(size, times.value);
  if (axis !== undefined)
    return [
      typed(
        dtype,
        shape.map((size, place) => (place === axis ? grow(size) : size)),
      ),
    ];
  return [typed(dtype, [shape.reduce<Dim>(repeated, times.value)])];
};

const oneHot: Infer = (call) => {
  const count = call.int("num_classes");
  if (count < 0) throw new Refusal("how many classes there are depends on the input");
  return [typed("int64", [...call.shape("self"), count])];
};

const takeAlong: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const wanted = call.shape("indices");
  if (!call.has("dim")) return [typed(dtype, wanted)];
  const axis = call.axis("dim", shape.length);
  const lead = broadcast([replaced(shape, axis, 1), replaced(wanted, axis, 1)]);
  return [typed(dtype, replaced(lead, axis, wanted[axis] ?? 1))];
};

const searched: Infer = (call) => {
  const int32 = call.bool("out_int32");
  return [typed(int32 ? "int32" : "int64", searchedShape(call))];
};

function searchedShape(call: Facts): readonly Dim[] {
  const argument = call.argument("self");
  return argument.kind === "tensor" ? call.shape("self") : [];
}

const isIn: Infer = (call) => {
  const argument = call.argument("elements");
  return [typed("bool", argument.kind === "tensor" ? call.shape("elements") : [])];
};

const bags: Infer = (call, fresh): readonly RankedType[] => {
  const { dtype, shape } = call.type("weight");
  const offsets = call.shape("offsets");
  const last = call.bool("include_last_offset");
  const count = subDims(offsets[0] ?? 0, last ? 1 : 0);
  const rows = typed(dtype, [count, shape[1] ?? 1]);
  const unknown = typed("int64", [fresh()]);
  return [rows, unknown, unknown, unknown];
};

export const INDEXING: InferTable = {
  ...forEach("slice slice_copy", slice),
  ...forEach("narrow narrow_copy", narrow),
  ...forEach("select select_copy", select),
  index_select: indexSelect,
  ...forEach("embedding", embedding),
  gather,
  ...forEach("index _unsafe_index", index),
  ...forEach("nonzero argwhere", places),
  masked_select: masked,
  ...forEach("_unique2 unique_dim unique_consecutive", distinct),
  nms: kept,
  repeat_interleave: repeatInterleave,
  one_hot: oneHot,
  take: (call) => [typed(call.dtypeOf("self"), call.shape("index"))],
  take_along_dim: takeAlong,
  ...forEach("bucketize searchsorted", searched),
  isin: isIn,
  embedding_bag: bags,
};
