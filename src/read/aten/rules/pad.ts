// Padding: pairs of begin and end from the last axis on; negative numbers cut off.
import { string } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import { movableDType } from "../kernel-dtype.ts";
import type { Rule } from "../rule.ts";

const MODES: Readonly<Record<string, string>> = {
  constant: "constant",
  reflect: "reflect",
  replicate: "edge",
  circular: "wrap",
};

export const PAD: Rule = {
  targets: ["aten::pad.default"],
  emit(call) {
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
  const { shape, dtype } = call.type("self");
  const begins = new Array<Dim>(shape.length).fill(0);
  const ends = new Array<Dim>(shape.length).fill(0);
  for (let index = 0; index * 2 < pairs.length; index += 1) {
    begins[shape.length - 1 - index] = pairs[index * 2] as Dim;
    ends[shape.length - 1 - index] = pairs[index * 2 + 1] as Dim;
  }
  const computed = movableDType(dtype);
  const cut = cropped(call, call.as("self", computed), begins, ends);
  if ([...begins, ...ends].every((amount) => amount === 0)) return call.cast(cut, computed, dtype);
  const value = fill !== undefined && call.has(fill) && mode === "constant" ? [call.as(fill, computed)] : [];
  const padded = call.op("Pad", [cut, call.vector([...begins, ...ends]), ...value], { mode: string(mode) });
  return call.cast(padded, computed, dtype);
}

/** Cuts what negative amounts tell, and sets them to 0. */
function cropped(call: Call, x: Value, begins: Dim[], ends: Dim[]): Value {
  let result = x;
  for (const axis of begins.keys()) {
    const [begin, end] = [begins[axis] as Dim, ends[axis] as Dim];
    const from = typeof begin === "number" && begin < 0 ? -begin : 0;
    const to = typeof end === "number" && end < 0 ? end : 2 ** 63;
    if (from !== 0 || to < 0) result = call.slice(result, axis, from, to);
    if (from !== 0) begins[axis] = 0;
    if (to < 0) ends[axis] = 0;
  }
  return result;
}
