// Pieces of a tensor along one axis; how many and how large, the declared results say.
import { int } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

const NAMES =
  "split.Tensor split.sizes split_with_sizes.default split_with_sizes_copy.default split_copy.Tensor unsafe_split.Tensor " +
  "unsafe_split_with_sizes.default chunk.default unsafe_chunk.default tensor_split.indices tensor_split.sections";

export const SPLIT: Rule = {
  targets: NAMES.split(" ").map((name) => `aten::${name}`),
  complex: true,
  emit: (call) => pieces(call, call.axis("dim", call.rank("self"))),
};

/** The places of the cuts, or how many pieces there are, come as a tensor. */
export const SPLIT_BY_TENSOR: Rule = {
  targets: ["aten::tensor_split.tensor_indices_or_sections"],
  emit(call) {
    const axis = call.axis("dim", call.rank("self"));
    const name = "tensor_indices_or_sections";
    if (call.rank(name) === 0) return pieces(call, axis);
    const cuts = call.as(name, "int64");
    const count = call.outputNames().length;
    const cut = (at: number) => call.slice(cuts, 0, at, at + 1);
    return Array.from({ length: count }, (_, index) =>
      call.op("Slice", [
        call.tensor("self"),
        index === 0 ? call.builder.int64s([0]) : cut(index - 1),
        index === count - 1 ? call.builder.int64s([2 ** 63]) : cut(index),
        call.builder.int64s([axis]),
      ]),
    );
  },
};

/** Axis 0 for vectors and 1 for others; vertically axis 0; in depth axis 2. */
export const SPLIT_BY_NAME: Rule = {
  targets: ["hsplit", "vsplit", "dsplit"].flatMap((name) => [`aten::${name}.int`, `aten::${name}.array`]),
  complex: true,
  emit(call) {
    if (call.name === "hsplit") return pieces(call, Math.min(1, call.rank("self") - 1));
    return pieces(call, call.name === "vsplit" ? 0 : 2);
  },
};

export const UNBIND: Rule = {
  targets: ["aten::unbind.int", "aten::unbind_copy.int"],
  complex: true,
  emit(call) {
    const axis = call.axis("dim", call.rank("self"));
    return call
      .outputNames()
      .map((_, index) =>
        call.op("Gather", [call.tensor("self"), call.builder.int64(index)], { axis: int(axis) }),
      );
  },
};

function pieces(call: Call, axis: number): Value[] {
  const sizes = call.outputNames().map((_, index) => call.result(index).shape[axis] as Dim);
  if (sizes.length === 1) return [call.tensor("self")];
  return call.builder.emitAll(
    "Split",
    [call.tensor("self"), call.vector(sizes)],
    { axis: int(axis) },
    { outputs: sizes.length },
  );
}
