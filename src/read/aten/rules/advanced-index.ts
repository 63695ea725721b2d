// Indexing with tensors and masks, reading and writing.
import { int, string } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { broadcastShapes } from "../broadcast.ts";
import type { Call } from "../call.ts";
import { axesToFront, type Indexing, inversePermutation, readIndices, resultOrder } from "../indices.ts";
import { movableDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

export const INDEX: Rule = {
  targets: ["aten::index.Tensor", "aten::_unsafe_index.Tensor", "aten::index.Tensor_hacked_twin"],
  emit: (call) => take(call, readIndices(call)),
};

function take(call: Call, indexing: Indexing): Value {
  const self = call.tensor("self");
  if (indexing.axes.length === 0) return self;
  if (indexing.single)
    return call.op("Gather", [self, indexing.single.index], { axis: int(indexing.single.axis) });
  const rank = call.rank("self");
  const front = call.transpose(self, axesToFront(indexing.axes, rank));
  const found = call.op("GatherND", [front, indexing.tuples()]);
  return call.transpose(found, resultOrder(indexing, rank - indexing.axes.length));
}

/** Where the mask does not hold, indices may lie anywhere, and the result is `fill`. */
export const MASKED_INDEX: Rule = {
  targets: ["aten::_unsafe_masked_index.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const found = take(call, readIndices(call, { clamped: true }));
    return call.choose(call.as("mask", "bool"), found, call.as("fill", dtype), dtype);
  },
};

/** As index_put with accumulate, for the values whose mask holds. */
export const MASKED_INDEX_PUT: Rule = {
  targets: ["aten::_unsafe_masked_index_put_accumulate.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const zero = call.number(0, dtype);
    const values = call.choose(call.as("mask", "bool"), call.as("values", dtype), zero, dtype);
    return put(call, readIndices(call, { clamped: true }), { values, accumulate: true });
  },
};

export const INDEX_PUT: Rule = {
  targets: ["aten::index_put.default", "aten::_unsafe_index_put.default", "aten::index_put.hacked_twin"],
  emit(call) {
    const mask = wholeMask(call);
    const { dtype } = call.type("self");
    if (mask) return call.choose(mask, call.as("values", dtype), call.tensor("self"), dtype);
    const values = call.as("values", dtype);
    return put(call, readIndices(call), { values, accumulate: call.bool("accumulate") });
  },
};

interface Update {
  /** Of the tensor's dtype. */
  readonly values: Value;
  readonly accumulate: boolean;
}

/** One mask and one value for all its elements: then it is a choice, and no places need be found. */
function wholeMask(call: Call): Value | undefined {
  const types = call.typesOf("indices");
  const [type] = types;
  if (types.length !== 1 || type?.dtype !== "bool" || call.bool("accumulate")) return undefined;
  if (call.shape("values").some((size) => size !== 1)) return undefined;
  const rest = call.rank("self") - type.shape.length;
  const [mask] = call.tensors("indices");
  if (!mask || call.rank("values") > call.rank("self") || call.dtypeOf("self") === "bool") return undefined;
  const last = type.shape.length;
  return rest === 0
    ? mask
    : call.unsqueeze(mask, ...Array.from({ length: rest }, (_, index) => last + index));
}

function put(call: Call, indexing: Indexing, { values, accumulate }: Update): Value {
  const { dtype, shape } = call.type("self");
  const computed = accumulate ? movableDType(dtype) : dtype;
  const perm = axesToFront(indexing.axes, shape.length);
  const tuples = indexing.tuples();
  const updates = updatesFor(call, indexing, tuples, call.cast(values, dtype, computed), perm);
  const front = call.transpose(call.as("self", computed), perm);
  const written = call.op(
    "ScatterND",
    [front, tuples, updates],
    accumulate ? { reduction: string("add") } : {},
  );
  return call.cast(call.transpose(written, inversePermutation(perm)), computed, dtype);
}

/** The values broadcast to [broadcast..., rest...]. */
function updatesFor(
  call: Call,
  indexing: Indexing,
  tuples: Value,
  given: Value,
  perm: readonly number[],
): Value {
  const shape = call.shape("self");
  const rest = perm.slice(indexing.axes.length).map((axis) => shape[axis] as Dim);
  const order = resultOrder(indexing, rest.length);
  const own = call.shape("values");
  const rank = indexing.rank + rest.length;
  // Values have the shape of the indexed result, so they turn back into the order of the updates.
  const lead = new Array<number>(rank - own.length).fill(1);
  const values = call.reshape(given, own, [...lead, ...own]);
  const turned = call.transpose(values, inversePermutation(order));
  const counts = call.op("Shape", [tuples], { end: int(-1) });
  const target =
    rest.length === 0 ? counts : call.op("Concat", [counts, call.vector(rest)], { axis: int(0) });
  return call.op("Expand", [turned, target]);
}

export const NONZERO: Rule = {
  targets: ["aten::nonzero.default", "aten::argwhere.default"],
  emit(call) {
    const places = call.op("NonZero", [call.as("self", "bool")]);
    // ONNX says of a number that is not 0 that it stands at place 0; PyTorch, that there is nothing to say.
    if (call.rank("self") === 0) return call.slice(call.transpose(places, [1, 0]), 1, 0, 0);
    return call.transpose(places, [1, 0]);
  },
};

export const NONZERO_LIST: Rule = {
  targets: ["aten::nonzero_numpy.default", "aten::where.default"],
  emit(call) {
    const name = call.name === "where" ? "condition" : "self";
    const places = call.op("NonZero", [call.as(name, "bool")]);
    return call
      .outputNames()
      .map((_, axis) => call.op("Gather", [places, call.builder.int64(axis)], { axis: int(0) }));
  },
};

export const MASKED_SELECT: Rule = {
  targets: ["aten::masked_select.default"],
  emit(call) {
    const [self, mask] = broadcastPair(call);
    const places = call.transpose(call.op("NonZero", [mask]), [1, 0]);
    return call.op("GatherND", [self, places]);
  },
};

/** The i-th true element of the mask takes the i-th element of the source. */
export const MASKED_SCATTER: Rule = {
  targets: ["aten::masked_scatter.default"],
  emit(call) {
    const { dtype } = call.type("self");
    const [self, mask] = broadcastPair(call);
    const flat = call.op("Reshape", [call.cast(mask, "bool", "int64"), call.builder.int64s([-1])]);
    const counted = call.op("Sub", [
      call.op("CumSum", [flat, call.builder.int64(0)]),
      call.number(1, "int64"),
    ]);
    const source = call.op("Reshape", [call.as("source", dtype), call.builder.int64s([-1])]);
    const taken = call.op("Gather", [source, call.op("Max", [counted, call.number(0, "int64")])], {
      axis: int(0),
    });
    const placed = call.op("Reshape", [taken, call.op("Shape", [self])]);
    return call.choose(mask, placed, self, dtype);
  },
};

function broadcastPair(call: Call): [Value, Value] {
  const [a, b] = [call.shape("self"), call.shape("mask")];
  const full = broadcastShapes([a, b]);
  const one = full.length === 0;
  const self = call.expand(call.tensor("self"), a, full);
  const mask = call.expand(call.tensor("mask"), b, full);
  return one && call.name === "masked_select"
    ? [call.unsqueeze(self, 0), call.unsqueeze(mask, 0)]
    : [self, mask];
}
