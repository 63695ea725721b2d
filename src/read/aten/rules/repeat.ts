// Copies of a tensor along its axes, and of its elements.
import { type Dim, mulDims } from "../../../graph/dim.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const REPEAT: Rule = {
  targets: ["aten::repeat.default", "aten::tile.default"],
  emit(call) {
    const times = call.dims(call.name === "tile" ? "dims" : "repeats");
    const shape = call.shape("self");
    const rank = Math.max(times.length, shape.length);
    const full = [...new Array<Dim>(rank - shape.length).fill(1), ...shape];
    const counts = [...new Array<Dim>(rank - times.length).fill(1), ...times];
    const input = call.reshape(call.tensor("self"), shape, full);
    return counts.every((count) => count === 1) ? input : call.op("Tile", [input, call.vector(counts)]);
  },
};

/** Each element `repeats` times in a row; without an axis the tensor is flat first. */
export const REPEAT_INTERLEAVE: Rule = {
  targets: ["aten::repeat_interleave.self_int"],
  emit(call) {
    const { shape, axis } = along(call);
    const times = call.dim("repeats");
    const after = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
    const spread = after.map((size, at) => (at === axis + 1 ? times : size));
    const result = shape.map((size, at) => (at === axis ? mulDims(size, times) : size));
    const input = call.reshape(call.tensor("self"), call.shape("self"), after);
    return call.reshape(call.expand(input, after, spread), spread, result);
  },
};

/** Each element as often as a tensor says: its place is how many elements have ended before. */
export const REPEAT_BY_TENSOR: Rule = {
  targets: ["aten::repeat_interleave.self_Tensor", "aten::repeat_interleave.Tensor"],
  emit(call) {
    const alone = call.target.endsWith(".Tensor");
    const counts = call.as("repeats", "int64");
    const size = call.shape("repeats")[0] ?? 1;
    const { shape, axis } = alone ? { shape: [size], axis: 0 } : along(call);
    const each = call.expand(counts, call.shape("repeats"), [shape[axis] as Dim]);
    const ends = call.op("CumSum", [each, call.builder.int64(0)]);
    const total = call.reduce("ReduceSum", each, [0], false);
    const places = call.op("Range", [call.builder.int64(0), total, call.builder.int64(1)]);
    const ended = call.op("LessOrEqual", [call.unsqueeze(ends, 0), call.unsqueeze(places, 1)]);
    const index = call.reduce("ReduceSum", call.cast(ended, "bool", "int64"), [1], false);
    if (alone) return call.cast(index, "int64", call.result().dtype);
    const input = call.reshape(call.tensor("self"), call.shape("self"), shape);
    return call.op("Gather", [input, index], { axis: { kind: "int", value: axis } });
  },
};

function along(call: Call): { shape: readonly Dim[]; axis: number } {
  const shape = call.shape("self");
  if (call.has("dim") && shape.length > 0) return { shape, axis: call.axis("dim", shape.length) };
  return { shape: [shape.reduce<Dim>(mulDims, 1)], axis: 0 };
}
