// Coordinates of a grid: the i-th vector along the i-th axis of all results ("xy" swaps the first two axes).
import { int } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const MESHGRID: Rule = {
  targets: ["aten::meshgrid.default", "aten::meshgrid.indexing"],
  emit(call) {
    const types = call.typesOf("tensors");
    const swap = types.length > 1 && call.has("indexing") && call.string("indexing") === "xy";
    return call.tensors("tensors").map((value, index) => {
      const axis = swap && index < 2 ? 1 - index : index;
      return along(call, value, types[index]?.shape ?? [], axis, call.result(index).shape);
    });
  },
};

function along(call: Call, value: Value, from: readonly Dim[], axis: number, shape: readonly Dim[]): Value {
  const own = shape.map((size, at) => (at === axis ? size : 1));
  return call.expand(call.reshape(value, from, own), own, shape);
}

/** All pairs (triples, ...) of elements as rows. */
export const CARTESIAN: Rule = {
  targets: ["aten::cartesian_prod.default"],
  emit(call) {
    const shapes = call.typesOf("tensors").map((type) => type?.shape ?? []);
    const sizes = shapes.map((shape) => shape[0] ?? 1);
    const values = call.tensors("tensors");
    if (values.length === 1) return values;
    const rows = call.result().shape[0] as Dim;
    const columns = values.map((value, axis) =>
      call.reshape(along(call, value, shapes[axis] ?? [], axis, sizes), sizes, [rows, 1]),
    );
    return call.op("Concat", columns, { axis: int(1) });
  },
};

/** All combinations of r elements in order, as rows. */
export const COMBINATIONS: Rule = {
  targets: ["aten::combinations.default"],
  emit(call) {
    const [size] = call.shape("self");
    if (typeof size !== "number") throw new Refusal(`it combines ${size} elements; a fixed number is wanted`);
    const rows = choices(size, call.int("r"), call.bool("with_replacement"));
    return call.op(
      "Gather",
      [call.tensor("self"), call.table("int64", [rows.length, call.int("r")], rows.flat())],
      { axis: int(0) },
    );
  },
};

function choices(size: number, count: number, again: boolean, from = 0): number[][] {
  if (count === 0) return [[]];
  const rows: number[][] = [];
  for (let first = from; first < size; first += 1) {
    for (const rest of choices(size, count - 1, again, again ? first : first + 1))
      rows.push([first, ...rest]);
  }
  return rows;
}
