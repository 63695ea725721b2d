// Arguments with their value names replaced: what inlining and functionalising have in common.
import type { AtenArgument, AtenCall } from "./program.ts";

type Rename = (name: string) => string;

export function renameArgument(argument: AtenArgument, rename: Rename): AtenArgument {
  if (argument.kind === "tensor" || argument.kind === "symbol") {
    return { kind: argument.kind, value: rename(argument.value) };
  }
  if (argument.kind === "tensors") {
    const values = argument.values.map((value) => (value === undefined ? undefined : rename(value)));
    return { kind: "tensors", values };
  }
  return argument;
}

export function renameArguments(args: AtenCall["args"], rename: Rename): Map<string, AtenArgument> {
  return new Map([...args].map(([name, argument]) => [name, renameArgument(argument, rename)]));
}

/** Names of the values an argument stands for. */
export function valuesIn(argument: AtenArgument): string[] {
  if (argument.kind === "tensor" || argument.kind === "symbol") return [argument.value];
  if (argument.kind === "tensors") return argument.values.filter((value) => value !== undefined);
  return [];
}
