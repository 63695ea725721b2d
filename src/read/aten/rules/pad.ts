// Padding: pairs of begin and end from the last axis on; negative numbers cut off.
import { int, string } from "../../../graph/attribute.ts";
import { type Dim, mulDims } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { movableDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

const MODES: Readonly<Record<string, string>> = {
  constant: "constant",
  reflect: "reflect",
  replicate: "edge",
};

export const PAD: Rule = {
  targets: ["aten::pad.default"],
  emit(call) {
    if (call.string("mode") === "circular") return circular(call, call.dims("pad"));
    const mode = MODES[call.string("mode")];
    if (!mode) throw new Refusal(`the mode ${call.string("mode")} is not known`);
    return pad(call, call.dims("pad"), mode, "value");
  },
};

export const CONSTANT_PAD: Rule = {
  targets: ["aten::constant_pad_nd.default"],
  emit: (call) => pad(call, call.dims("pad"), "constant", "value"),
};

export const MODE_PAD: Rule = {
  targets: ["reflection", "replication"].flatMap((mode) =>
    [1, 2, 3].map((count) => `aten::${mode}_pad${count}d.default`),
  ),
  emit: (call) =>
    pad(call, call.dims("padding"), call.name.startsWith("reflection") ? "reflect" : "edge", undefined),
};

function pad(call: Call, pairs: readonly Dim[], mode: string, fill: string | undefined): Value {
  const { dtype } = call.type("self");
  const { begins, ends } = amountsOf(call, pairs);
  const computed = movableDType(dtype);
  const grown = grow(call, call.as("self", computed), begins, ends, { mode, fill, dtype: computed });
  return call.cast(cropped(call, grown, begins, ends), computed, dtype);
}

/** Begins and ends of all axes; the pairs count from the last one. */
function amountsOf(call: Call, pairs: readonly Dim[]): { begins: Dim[]; ends: Dim[] } {
  const rank = call.rank("self");
  const begins = new Array<Dim>(rank).fill(0);
  const ends = new Array<Dim>(rank).fill(0);
  for (let index = 0; index * 2 < pairs.length; index += 1) {
    begins[rank - 1 - index] = pairs[index * 2] as Dim;
    ends[rank - 1 - index] = pairs[index * 2 + 1] as Dim;
  }
  return { begins, ends };
}

interface Filling {
  readonly mode: string;
  readonly fill: string | undefined;
  readonly dtype: DType;
}

/** What is cut off is cut first; then the end goes before the begin, and the begin after the end. */
function circular(call: Call, pairs: readonly Dim[]): Value {
  const { begins, ends } = amountsOf(call, pairs);
  return begins.reduce<Value>(
    (x, begin, axis) => {
      const end = ends[axis] as Dim; // as many as begins
      const before = isPositive(begin) ? [call.slice(x, axis, negated(begin), 2 ** 63)] : [];
      const after = isPositive(end) ? [call.slice(x, axis, 0, end)] : [];
      if (before.length + after.length === 0) return x;
      return call.op("Concat", [...before, x, ...after], { axis: int(axis) });
    },
    cropped(call, call.tensor("self"), begins, ends),
  );
}

/** Negative numbers cut, so a size that only running tells counts as positive, as PyTorch's own checks take it. */
function isPositive(amount: Dim): boolean {
  return typeof amount !== "number" || amount > 0;
}

function negated(amount: Dim): Dim {
  return mulDims(amount, -1);
}

/** Grows first and cuts later: what an edge replicates is the edge of the whole. */
function grow(call: Call, x: Value, begins: readonly Dim[], ends: readonly Dim[], filling: Filling): Value {
  const amounts = [...begins, ...ends].map((amount) =>
    typeof amount === "number" ? Math.max(0, amount) : amount,
  );
  if (amounts.every((amount) => amount === 0)) return x;
  const { mode, fill, dtype } = filling;
  const value = fill !== undefined && call.has(fill) && mode === "constant" ? [call.as(fill, dtype)] : [];
  return call.op("Pad", [x, call.vector(amounts), ...value], { mode: string(mode) });
}

/** Cuts what negative amounts tell. */
function cropped(call: Call, x: Value, begins: readonly Dim[], ends: readonly Dim[]): Value {
  let result = x;
  for (const axis of begins.keys()) {
    const [begin, end] = [begins[axis] as Dim, ends[axis] as Dim];
    const from = typeof begin === "number" && begin < 0 ? -begin : 0;
    const to = typeof end === "number" && end < 0 ? end : 2 ** 63;
    if (from !== 0 || to < 0) result = call.slice(result, axis, from, to);
  }
  return result;
}
