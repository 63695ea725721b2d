// Elements of axes in reverse order, rolled around, or turned by right angles.
import { int } from "../../../graph/attribute.ts";
import { type Dim, maxDims, modDims, mulDims, productOf } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { normalAxis } from "../argument.ts";
import type { Call } from "../call.ts";
import { lowest } from "../result-types/bounds.ts";
import type { Rule } from "../rule.ts";
import { turnedRound } from "../scan.ts";

export const FLIP: Rule = {
  targets: ["aten::flip.default", "aten::fliplr.default", "aten::flipud.default", "prims::rev.default"],
  emit(call) {
    const rank = call.rank(call.has("a") ? "a" : "self");
    const axes =
      call.name === "fliplr"
        ? [1]
        : call.name === "flipud"
          ? [0]
          : call.ints("dims").map((axis) => normalAxis(axis, rank));
    return flip(call, call.tensor(call.has("a") ? "a" : "self"), rank === 0 ? [] : axes);
  },
};

function flip(call: Call, x: Value, axes: readonly number[]): Value {
  if (axes.length === 0) return x;
  const all = (value: number) => call.builder.int64s(axes.map(() => value));
  return call.op("Slice", [x, all(-1), all(-(2 ** 63)), call.builder.int64s(axes), all(-1)]);
}

/** Without axes the flat tensor is rolled. */
export const ROLL: Rule = {
  targets: ["aten::roll.default"],
  emit(call) {
    const shape = call.shape("self");
    const shifts = call.dims("shifts");
    const axes = call.ints("dims");
    if (shape.length === 0) return call.tensor("self");
    if (axes.length > 0) {
      return axes.reduce<Value>(
        (x, axis, at) => roll(call, x, normalAxis(axis, shape.length), shifts[at] ?? 0, shape),
        call.tensor("self"),
      );
    }
    const count = productOf(shape);
    const flat = roll(call, call.reshape(call.tensor("self"), shape, [count]), 0, shifts[0] ?? 0, [count]);
    return call.reshape(flat, [count], shape);
  },
};

/** The last `shift` elements come first. */
function roll(call: Call, x: Value, axis: number, shift: Dim, shape: readonly Dim[]): Value {
  const size = shape[axis] as Dim;
  if (size === 1 && shift !== 0) return turnedRound(call, x, axis);
  const first = firstOf(shift, size);
  if (first === 0) return x;
  return call.op("Concat", [call.slice(x, axis, first, 2 ** 63), call.slice(x, axis, 0, first)], {
    axis: int(axis),
  });
}

/** The place of the element that comes first; negative ones count from the end. A shift may go round more than once. */
function firstOf(shift: Dim, size: Dim): Dim {
  if (shift === 0 || size === 0) return 0;
  if (typeof shift === "number" && typeof size === "number") return -(shift % size) + 0;
  if (typeof shift === "number" && lowest(size) >= Math.abs(shift)) return -shift;
  return modDims(mulDims(shift, -1), lowest(size) < 1 ? maxDims(size, 1) : size); // nothing is divided by 0
}

export const ROTATE: Rule = {
  targets: ["aten::rot90.default"],
  emit(call) {
    const rank = call.rank("self");
    const [a, b] = call.ints("dims").map((axis) => normalAxis(axis, rank)) as [number, number]; // PyTorch wants two
    const turns = ((call.int("k") % 4) + 4) % 4;
    const x = call.tensor("self");
    if (turns === 0) return x;
    if (turns === 2) return flip(call, x, [a, b]);
    const perm = [...new Array<number>(rank).keys()];
    [perm[a], perm[b]] = [b, a];
    return turns === 1 ? call.transpose(flip(call, x, [b]), perm) : flip(call, call.transpose(x, perm), [b]);
  },
};
