// Pieces of a tensor along one axis; how many and how large, the declared results say.
import { int } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

const NAMES =
  "split.Tensor split.sizes split_with_sizes.default split_with_sizes_copy.default split_copy.Tensor unsafe_split.Tensor " +
  "unsafe_split_with_sizes.default chunk.default unsafe_chunk.default tensor_split.indices tensor_split.sections " +
  "tensor_split.tensor_indices_or_sections";

export const SPLIT: Rule = {
  targets: NAMES.split(" ").map((name) => `aten::${name}`),
  complex: true,
  emit: (call) => pieces(call, call.axis("dim", call.rank("self"))),
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
