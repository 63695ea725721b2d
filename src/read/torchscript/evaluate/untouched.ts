// What a branch that may not be taken must leave alone: lists, dicts and objects from outside, and tensors' memory.
import type { AtenCall } from "../../aten/program.ts";
import { valuesIn } from "../../aten/rename.ts";
import { schemaOf } from "../../aten/schema.ts";
import { sharedArgument } from "../../aten/views.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import { Unfollowed } from "../refusal.ts";
import type { Value } from "../values.ts";

/** Containers that can be reached from values, each with what it holds. */
export type Contents = ReadonlyMap<Value, readonly Value[]>;

export function contentsNow(values: Iterable<Value>, seen = new Map<Value, readonly Value[]>()): Contents {
  for (const value of values) {
    const held = heldBy(value);
    if (!held || seen.has(value)) continue;
    seen.set(value, held);
    contentsNow(held, seen);
  }
  return seen;
}

function heldBy(value: Value): readonly Value[] | undefined {
  if (value.kind === "list") return [...value.items];
  if (value.kind === "tuple") return value.items;
  if (value.kind === "dict") return [...value.entries.values()].flatMap((entry) => [entry.key, entry.value]);
  return value.kind === "object" ? [...value.attributes.values()] : undefined;
}

/** Throws Unfollowed if a container holds something else than before. */
export function demandUnchanged(before: Contents): void {
  for (const [value, held] of before) {
    const now = heldBy(value) ?? [];
    if (now.length === held.length && now.every((item, index) => item === held[index])) continue;
    throw new Unfollowed(`a ${value.kind} is changed in a branch that depends on the input`);
  }
}

/** Throws Unfollowed if one of a branch's calls writes into a tensor that was not made in the branch. */
export function demandOwnWrites(calls: readonly AtenCall[], builder: ProgramBuilder): void {
  const source = new Map<string, string>();
  const made = new Set<string>();
  for (const call of calls) {
    const writes = schemaOf(call.target)?.arguments.find((argument) => argument.written)?.name;
    const shared = writes ?? sharedArgument(call, builder);
    const argument = shared === undefined ? undefined : call.args.get(shared);
    const base = argument?.kind === "tensor" ? (source.get(argument.value) ?? argument.value) : undefined;
    if (writes !== undefined && base !== undefined && !made.has(base))
      throw new Unfollowed(
        `${call.target} writes into a tensor of outside in a branch that depends on the input`,
      );
    for (const result of call.outputs.flatMap(valuesIn)) {
      if (base === undefined) made.add(result);
      else source.set(result, base);
    }
  }
}
