// Permutations of axes.
import type { Value } from "../../../graph/graph.ts";
import { type Facts, normalAxis } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const TRANSPOSE: Rule = {
  targets: [
    "aten::transpose.int",
    "aten::transpose.default", // what transpose_ becomes
    "aten::transpose_copy.int",
    "aten::swapaxes.default",
    "aten::swapdims.default",
  ],
  complex: true,
  emit(call) {
    const kind = call.name === "swapaxes" ? "axis" : "dim";
    const rank = call.rank("self");
    return permute(call, swapped(rank, call.axis(`${kind}0`, rank), call.axis(`${kind}1`, rank)));
  },
};

export const PERMUTE: Rule = {
  targets: ["aten::permute.default", "aten::permute_copy.default"],
  complex: true,
  emit: (call) =>
    permute(
      call,
      call.ints("dims").map((axis) => normalAxis(axis, call.rank("self"))),
    ),
};

/** The last two axes change places. */
export const MATRIX_TRANSPOSE: Rule = {
  targets: [
    "aten::t.default",
    "aten::t_copy.default",
    "aten::mT.default",
    "aten::mH.default",
    "aten::adjoint.default",
    "aten::matrix_H.default",
  ],
  emit(call) {
    const rank = call.rank("self");
    return permute(call, rank < 2 ? [...new Array(rank).keys()] : swapped(rank, rank - 2, rank - 1));
  },
};

export const REVERSED_AXES: Rule = {
  targets: ["aten::numpy_T.default"],
  complex: true,
  emit: (call) => permute(call, [...new Array(call.rank("self")).keys()].reverse()),
};

export const MOVE_AXES: Rule = {
  targets: ["movedim", "moveaxis"].flatMap((name) => [`aten::${name}.int`, `aten::${name}.intlist`]),
  complex: true,
  emit: (call) => permute(call, moved(call)),
};

function permute(call: Call, perm: readonly number[]): Value {
  const real = call.realShapeOf("self").length;
  return call.transpose(call.tensor("self"), real > perm.length ? [...perm, perm.length] : perm);
}

function swapped(rank: number, a: number, b: number): number[] {
  const perm = [...new Array<number>(rank).keys()];
  if (rank > 0) [perm[a], perm[b]] = [b, a];
  return perm;
}

function moved(call: Facts): number[] {
  const rank = call.rank("self");
  const sources = call.ints("source").map((axis) => normalAxis(axis, rank));
  const rest = [...new Array<number>(rank).keys()].filter((axis) => !sources.includes(axis));
  const perm = new Array<number>(rank).fill(-1);
  for (const [index, axis] of call.ints("destination").entries())
    perm[normalAxis(axis, rank)] = sources[index] ?? 0;
  return perm.map((axis) => (axis < 0 ? (rest.shift() ?? 0) : axis));
}
