// The outputs of `forward` with their names: keys of dicts, fields of named tuples, else `output_0`, `output_1`, ...
// The same names that a .pt2 of the same model gets.
import type { AtenArgument, AtenOutput } from "../aten/program.ts";
import { type EndpointPath, outputName, uniqueName } from "../endpoint-names.ts";
import { Unfollowed } from "./refusal.ts";
import { describe, type Value } from "./values.ts";

/** Outputs within outputs, deeper than any model's. */
const MAX_DEPTH = 32;

/** Everything in the result that is a tensor or a number; None is left out. */
export function outputsOf(result: Value): AtenOutput[] {
  const outputs: AtenOutput[] = [];
  const taken = new Set<string>();
  collect(result, [], (path, argument) => {
    outputs.push({ name: uniqueName(outputName(path, outputs.length), taken), argument });
  });
  return outputs;
}

type Found = (path: EndpointPath, argument: AtenArgument) => void;

function collect(value: Value, path: EndpointPath, found: Found): void {
  if (path.length > MAX_DEPTH) throw new Unfollowed(`outputs nested over ${MAX_DEPTH} deep`);
  const argument = argumentOf(value);
  if (argument) found(path, argument);
  else for (const [key, inner] of partsOf(value)) collect(inner, [...path, key], found);
}

/** A value that is one output. */
function argumentOf(value: Value): AtenArgument | undefined {
  if (value.kind === "tensor") return { kind: "tensor", value: value.name };
  if (value.kind === "scalar") return { kind: "symbol", value: value.name };
  return value.kind === "int" || value.kind === "float" || value.kind === "bool" ? value : undefined;
}

function partsOf(value: Value): (readonly [string | number, Value])[] {
  if (value.kind === "none") return [];
  if (value.kind === "list") return value.items.map((item, index) => [index, item]);
  if (value.kind === "tuple") return value.items.map((item, index) => [value.fields?.[index] ?? index, item]);
  if (value.kind === "dict") return [...value.entries].map(([key, entry]) => [String(key), entry.value]);
  throw new Unfollowed(`forward returns ${describe(value)}`, "return tensors from forward");
}
