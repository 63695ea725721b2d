// What the calls of a body read that they do not make: the values that its call hands in.
import type { AtenArgument, AtenCall } from "../../aten/program.ts";
import { valuesIn } from "../../aten/rename.ts";

/** Names in the order they are first read. `own` are names of the body's other inputs. */
export function capturedBy(
  calls: readonly AtenCall[],
  outputs: readonly AtenArgument[],
  own: readonly string[] = [],
): string[] {
  const made = new Set(own);
  const read = new Set<string>();
  const note = (argument: AtenArgument) => {
    for (const name of valuesIn(argument)) if (!made.has(name)) read.add(name);
  };
  for (const call of calls) {
    for (const argument of call.args.values()) note(argument);
    for (const name of call.outputs.flatMap(valuesIn)) made.add(name);
  }
  for (const output of outputs) note(output);
  return [...read];
}
