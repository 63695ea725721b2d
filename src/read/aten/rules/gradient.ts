// Derivatives by central differences inside an axis and one-sided ones at its ends.
// Inside: (f(x + b) a / b - f(x - a) b / a) / (a + b) + f(x) (1 / a - 1 / b) for the steps a before and b after.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.gradient.html
import { int } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { Reals } from "../reals.ts";
import type { Rule } from "../rule.ts";

const OVERLOADS = "scalarint scalararray array scalarrayint scalarrayarray tensorarrayint tensorarray".split(
  " ",
);

export const GRADIENT: Rule = {
  targets: OVERLOADS.map((overload) => `aten::gradient.${overload}`),
  emit(call) {
    const rank = call.rank("self");
    const listed = call.argument("dim").kind === "int" ? [call.int("dim")] : call.ints("dim");
    const axes = listed.length > 0 ? listed : [...new Array<number>(rank).keys()];
    return axes.map((axis, index) => along(call, (axis + rank) % rank, index, axes.length));
  },
};

function along(call: Call, axis: number, index: number, count: number): Value {
  const { dtype } = call.result();
  const reals = new Reals(call, dtype);
  const f = call.as("self", dtype);
  const part = (start: Dim, end: Dim) => call.slice(f, axis, start, end);
  const steps = stepsOf(call, axis, index, count);
  const first = (value: Value) => call.slice(value, axis, 0, 1);
  const last = (value: Value) => call.slice(value, axis, -1, 2 ** 63);
  if (typeof steps === "number") {
    const inside = reals.div(reals.sub(part(2, 2 ** 63), part(0, -2)), 2 * steps);
    const begin = edge(call, reals, [part(0, 1), part(1, 2), part(2, 3)], steps, steps);
    const end = edge(call, reals, [part(-1, 2 ** 63), part(-2, -1), part(-3, -2)], -steps, -steps);
    return call.op("Concat", [begin, inside, end], { axis: int(axis) });
  }
  const [before, after] = [call.slice(steps, axis, 0, -1), call.slice(steps, axis, 1, 2 ** 63)];
  const sum = reals.add(before, after);
  const inside = reals.add(
    reals.mul(part(0, -2), reals.neg(reals.div(after, reals.mul(before, sum)))),
    reals.mul(part(1, -1), reals.div(reals.sub(after, before), reals.mul(before, after))),
    reals.mul(part(2, 2 ** 63), reals.div(before, reals.mul(after, sum))),
  );
  const next = call.slice(steps, axis, 1, 2);
  const previous = call.slice(steps, axis, -2, -1);
  const begin = edge(call, reals, [part(0, 1), part(1, 2), part(2, 3)], first(steps), next);
  const end = edge(
    call,
    reals,
    [part(-1, 2 ** 63), part(-2, -1), part(-3, -2)],
    reals.neg(last(steps)),
    reals.neg(previous),
  );
  return call.op("Concat", [begin, inside, end], { axis: int(axis) });
}

/** From the value at the end, its neighbour `a` away, and for order 2 the one `b` further. */
function edge(
  call: Call,
  reals: Reals,
  [f0, f1, f2]: readonly [Value, Value, Value],
  a: Value | number,
  b: Value | number,
): Value {
  const slope = reals.div(reals.sub(f1, f0), a);
  if (call.int("edge_order") === 1) return slope;
  // slope (2a + b) / (a + b) - slope12 a / (a + b)
  const further = reals.div(reals.sub(f2, f1), b);
  const sum = reals.add(a, b);
  const near = reals.mul(slope, reals.add(1, reals.div(a, sum)));
  return reals.sub(near, reals.mul(further, reals.div(a, sum)));
}

/** One number, or a tensor of steps between neighbours along the axis. */
function stepsOf(call: Call, axis: number, index: number, count: number): Value | number {
  const given = call.argument("spacing");
  const { dtype } = call.result();
  if (given.kind === "none") return 1;
  if (given.kind === "tensors") {
    const types = call.typesOf("spacing");
    const place = types.length === 1 && count > 1 ? 0 : index;
    const [value, type] = [call.tensors("spacing")[place], types[place]];
    if (!value || type?.shape.length !== 1) throw new Refusal("its spacing is no list of vectors");
    const x = call.cast(value, type.dtype, dtype);
    const gaps = call.op("Sub", [call.slice(x, 0, 1, 2 ** 63), call.slice(x, 0, 0, -1)]);
    const rank = call.rank("self");
    const others = [...new Array<number>(rank).keys()].filter((at) => at !== axis);
    return others.length > 0 ? call.unsqueeze(gaps, ...others) : gaps;
  }
  if (given.kind === "int" || given.kind === "float") return call.float("spacing");
  const all = call.floats("spacing");
  return all[all.length === 1 ? 0 : index] ?? 1;
}
