// Puts the bodies of wrappers in place of them: `with torch.no_grad()` has no meaning in a converted model.
// Names inside a body get the wrapper's first result before them, because bodies reuse outer names.
// Not here: `cond` and `while_loop`, which are operators with bodies.

import type { Dim } from "../../graph/dim.ts";
import type { TensorType } from "../../graph/type.ts";
import { withCasts } from "./autocast.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "./program.ts";
import { renameArgument, renameArguments, valuesIn } from "./rename.ts";

/** Its arguments: device, float type, whether it is on, whether casts are kept, the body. */
const AUTOCAST = "higher_order::wrap_with_autocast";
const AUTOCAST_ENABLED = "2";

/** Wrappers by target: the place of the body among the arguments; the operands follow it. */
const BODY_PLACE: ReadonlyMap<string, number> = new Map([
  ["higher_order::wrap_with_set_grad_enabled", 1],
  ["higher_order::strict_mode", 0],
  [AUTOCAST, 4],
]);

export function inlineWrappers(graph: AtenGraph): AtenGraph {
  if (!graph.calls.some((call) => BODY_PLACE.has(call.target))) return graph;
  const calls: AtenCall[] = [];
  const types = new Map(graph.types);
  const strides = new Map(graph.strides ?? []);
  const renamed = new Map<string, string>();
  const nameOf = (name: string) => renamed.get(name) ?? name;
  for (const call of graph.calls) {
    const outer = { ...call, args: renameArguments(call.args, nameOf) };
    const place = BODY_PLACE.get(call.target);
    const body = place === undefined ? undefined : outer.args.get(String(place));
    if (place === undefined || body?.kind !== "graph" || !fits(outer, body.value, place + 1)) {
      calls.push(outer);
      continue;
    }
    const inner = castsOperands(outer) ? withCasts(body.value) : body.value;
    const results = inlineBody(outer, inlineWrappers(inner), place + 1, { calls, types, strides });
    for (const [name, result] of results) renamed.set(name, result);
  }
  const outputs = graph.outputs.map((output) => renameArgument(output, nameOf));
  return { inputs: graph.inputs, outputs, calls, types: keepTypes(types, renamed), strides };
}

/** Whether the body has as many inputs and outputs as the wrapper has operands and results; else it is refused as it is. */
function fits(call: AtenCall, body: AtenGraph, firstOperand: number): boolean {
  return (
    operandsOf(call, firstOperand).length === body.inputs.length &&
    call.outputs.flatMap(placesIn).length === body.outputs.flatMap(placesIn).length
  );
}

/** Only what stands in the region itself: one inside it that is off has its own types. */
function castsOperands(call: AtenCall): boolean {
  const enabled = call.args.get(AUTOCAST_ENABLED);
  return call.target === AUTOCAST && enabled?.kind === "bool" && enabled.value;
}

interface Into {
  readonly calls: AtenCall[];
  readonly types: Map<string, TensorType>;
  readonly strides: Map<string, readonly Dim[]>;
}

/** Appends the body's calls; the result says which inner value each of the wrapper's results is. */
function inlineBody(call: AtenCall, body: AtenGraph, firstOperand: number, into: Into): [string, string][] {
  const results = call.outputs.flatMap(placesIn);
  const operands = operandsOf(call, firstOperand);
  const names = new Map<string, string>();
  for (const [index, input] of body.inputs.entries()) names.set(input, operands[index] ?? input);
  const prefix = `${results.find((name) => name !== undefined) ?? call.target}/`;
  const rename = (name: string) => names.get(name) ?? `${prefix}${name}`;
  for (const inner of body.calls) {
    const outputs = inner.outputs.map((output) => renameArgument(output, rename));
    into.calls.push({ ...inner, args: renameArguments(inner.args, rename), outputs });
  }
  for (const [name, type] of body.types) if (!names.has(name)) into.types.set(rename(name), type);
  for (const [name, strides] of body.strides ?? [])
    if (!names.has(name)) into.strides.set(rename(name), strides);
  const inner = body.outputs.flatMap(placesIn);
  return results.flatMap((result, index): [string, string][] => {
    const value = inner[index];
    return result === undefined || value === undefined ? [] : [[result, rename(value)]];
  });
}

/** Names of the operands in their places. */
function operandsOf(call: AtenCall, first: number): (string | undefined)[] {
  const operands: (string | undefined)[] = [];
  for (let index = first; ; index += 1) {
    const operand = call.args.get(String(index));
    if (!operand) return operands;
    operands.push(...placesIn(operand));
  }
}

/** What an argument stands for, place by place: a size is known by its expression and has no name, but takes a place. */
function placesIn(argument: AtenArgument): readonly (string | undefined)[] {
  return argument.kind === "tensors" ? argument.values : [valuesIn(argument)[0]];
}

/** Results of wrappers keep their own names too, for those who still ask by them. */
function keepTypes(
  types: Map<string, TensorType>,
  renamed: ReadonlyMap<string, string>,
): Map<string, TensorType> {
  for (const [name, inner] of renamed) {
    const type = types.get(inner);
    if (type) types.set(name, type);
  }
  return types;
}
