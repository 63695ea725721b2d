// The calls that something the user gets depends on; assertions and unused results fall away here.

import { symbolsIn } from "../../graph/dim.ts";
import type { AtenArgument, AtenCall, AtenGraph } from "./program.ts";
import { valuesIn } from "./rename.ts";

/** In their order. A call also lives for a symbol that it defines and that a live call's sizes speak of. */
export function liveCalls(graph: AtenGraph): AtenCall[] {
  const wanted = new Set<string>();
  const want = (argument: AtenArgument) => {
    for (const name of valuesIn(argument)) wanted.add(name);
    for (const name of symbolsOfArgument(argument)) wanted.add(symbolKey(name));
  };
  for (const output of graph.outputs) want(output);
  const live: AtenCall[] = [];
  for (const call of [...graph.calls].reverse()) {
    if (!resultsOf(call, graph).some((name) => wanted.has(name))) continue;
    live.unshift(call);
    for (const argument of call.args.values()) want(argument);
    for (const name of call.outputs.flatMap(valuesIn)) {
      for (const dim of graph.types.get(name)?.shape ?? []) {
        for (const symbol of symbolsIn(dim)) wanted.add(symbolKey(symbol));
      }
    }
  }
  return live;
}

const symbolKey = (name: string) => `symbol ${name}`;

function symbolsOfArgument(argument: AtenArgument): string[] {
  if (argument.kind === "int") return [...symbolsIn(argument.value)];
  if (argument.kind === "ints") return argument.values.flatMap((dim) => [...symbolsIn(dim)]);
  return argument.kind === "graph" ? symbolsOfBody(argument.value) : [];
}

/** A body's sizes may speak of symbols that are defined around it. */
function symbolsOfBody({ calls, outputs, types }: AtenGraph): string[] {
  const shapes = calls.flatMap((call) =>
    call.outputs.flatMap(valuesIn).flatMap((name) => types.get(name)?.shape ?? []),
  );
  const given = [...outputs, ...calls.flatMap((call) => [...call.args.values()])];
  return [...given.flatMap(symbolsOfArgument), ...shapes.flatMap((dim) => [...symbolsIn(dim)])];
}

/** Values, and symbols that stand alone in a result's shape or are an integer result. */
function resultsOf(call: AtenCall, graph: AtenGraph): string[] {
  const values = call.outputs.flatMap(valuesIn);
  const integers = call.outputs.flatMap((output) =>
    output.kind === "int" ? [...symbolsIn(output.value)] : [],
  );
  if (/::sym_(size|stride|numel|storage_offset)/.test(call.target)) return values;
  const shapes = values.flatMap((name) =>
    (graph.types.get(name)?.shape ?? []).flatMap((dim) => [...symbolsIn(dim)]),
  );
  const unbacked = shapes.filter((name) => name.startsWith("u")); // symbols of inputs begin with `s`
  return [...values, ...[...integers, ...unbacked].map(symbolKey)];
}
