// Lists whose length only running tells hold copies of their tensors, while Python's lists hold the tensors themselves:
// what is written into a tensor after it was appended would be missing in the list, and the other way round.
// Not here: lists of known length, which hold the tensors (values.ts); who shares memory otherwise (memory-of-bodies.ts).
import type { AtenCall, AtenGraph } from "../aten/program.ts";
import { valuesIn } from "../aten/rename.ts";
import { basesIn, bodiesOf, operandOf, writtenBy } from "./memory-of-bodies.ts";

/** The names of the tensors that were copied into a list, by the name of the tensor that stands for the list. */
export type ListCopies = ReadonlyMap<string, readonly string[]>;

export interface Pair {
  readonly a: string;
  readonly b: string;
}

/** Tensors and lists around a call that would share memory after it. */
export function sharedByLists(call: AtenCall, copies: ListCopies): Pair[] {
  const results = call.outputs.flatMap(valuesIn);
  const own = results.flatMap((b) => (copies.get(b) ?? []).map((a) => ({ a, b })));
  const inner = bodiesOf(call).flatMap((body) => {
    const bases = basesIn(body);
    const outputs = body.outputs.slice(body.outputs.length - call.outputs.length).map(valuesIn);
    const returned = (base: string) =>
      call.outputs.filter((_, at) => outputs[at]?.some((name) => (bases.get(name) ?? name) === base));
    return copiedIn(body, copies).flatMap((base) => {
      const outside = [operandOf(call, body, base) ?? [], returned(base).flatMap(valuesIn)].flat();
      return outside.flatMap((a) => results.flatMap((b) => (a === b ? [] : [{ a, b }])));
    });
  });
  return [...own, ...inner];
}

/** The call that writes, in a later round of a loop, into what an earlier one appended to a list; undefined if there is none. */
export function writtenAfterAppending(call: AtenCall, copies: ListCopies): AtenCall | undefined {
  if (call.target !== "prim::Loop") return undefined;
  for (const body of bodiesOf(call)) {
    const bases = basesIn(body);
    const baseOf = (name: string) => bases.get(name) ?? name;
    const appended = new Set(copiedIn(body, copies));
    // What a round leaves behind, the next one begins with; the first input is the round's number, the first output a condition.
    for (const [at, output] of body.outputs.entries()) {
      const input = body.inputs[at];
      if (at > 0 && input !== undefined && valuesIn(output).some((name) => appended.has(baseOf(name))))
        appended.add(input);
    }
    const isKept = (name: string) => body.inputs.includes(name) && appended.has(name);
    const found = body.calls.find((inner) => writtenBy(inner).some((name) => isKept(baseOf(name))));
    if (found) return found;
  }
  return undefined;
}

/** What a body copies into lists, each as the tensor that it is a view of. */
function copiedIn(body: AtenGraph, copies: ListCopies): string[] {
  const bases = basesIn(body);
  const items = body.calls.flatMap((call) =>
    call.outputs.flatMap(valuesIn).flatMap((name) => copies.get(name) ?? []),
  );
  return items.map((name) => bases.get(name) ?? name);
}
