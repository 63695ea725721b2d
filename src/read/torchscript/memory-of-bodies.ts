// What bodies of branches and loops do to memory: which tensors of outside they write into, and which of the call's results
// may be such a tensor, or another result, under a new name.
// Not here: what follows from it (ambiguous-writes.ts), writes made functional (aten/close-over.ts).
import type { AtenArgument, AtenCall, AtenGraph } from "../aten/program.ts";
import { valuesIn } from "../aten/rename.ts";
import { schemaOf } from "../aten/schema.ts";
import { sharedArgument } from "../aten/views.ts";

export function bodiesOf(call: AtenCall): readonly AtenGraph[] {
  return [...call.args.values()].flatMap((argument) => (argument.kind === "graph" ? [argument.value] : []));
}

/** The tensors that a call writes into, those that its bodies write into included. */
export function writtenBy(call: AtenCall): readonly string[] {
  const bodies = bodiesOf(call);
  if (bodies.length > 0) {
    const names = bodies.flatMap((body) => {
      const bases = basesIn(body);
      const written = body.calls.flatMap(writtenBy).map((name) => bases.get(name) ?? name);
      return written.flatMap((name) => operandOf(call, body, name) ?? []);
    });
    return [...new Set(names)];
  }
  return (schemaOf(call.target)?.arguments ?? []).flatMap(({ name, written }) => {
    const argument = written ? call.args.get(name) : undefined;
    return argument ? valuesIn(argument) : [];
  });
}

/** Pairs of names, around a call with bodies, that may share memory after it. */
export function sharedThroughBodies(call: AtenCall): { readonly a: string; readonly b: string }[] {
  const results = call.outputs.map(nameOf);
  const pairs: { a: string; b: string }[] = [];
  const carried = call.args.get("carried");
  for (const [index, initial] of (carried?.kind === "tensors" ? carried.values : []).entries()) {
    const result = results[index];
    if (initial !== undefined && result !== undefined) pairs.push({ a: initial, b: result });
  }
  for (const body of bodiesOf(call)) {
    const bases = basesIn(body);
    const outputs = body.outputs.slice(body.outputs.length - results.length).map(nameOf);
    const first = new Map<string, string>();
    for (const [index, name] of outputs.entries()) {
      const result = results[index];
      if (name === undefined || result === undefined) continue;
      const base = bases.get(name) ?? name;
      const operand = operandOf(call, body, base);
      if (operand !== undefined) pairs.push({ a: operand, b: result });
      const other = first.get(base);
      if (other !== undefined) pairs.push({ a: other, b: result });
      first.set(base, result);
    }
  }
  return pairs;
}

/** What a value of a body is a view of. */
export function basesIn(body: AtenGraph): Map<string, string> {
  const bases = new Map<string, string>();
  const join = (name: string, source: string) => bases.set(name, bases.get(source) ?? source);
  for (const call of body.calls) {
    if (bodiesOf(call).length > 0) {
      for (const { a, b } of sharedThroughBodies(call)) join(b, a);
      continue;
    }
    const [written] = writtenBy(call);
    const shared = written === undefined ? sharedArgument(call, body) : undefined;
    const argument = shared === undefined ? undefined : call.args.get(shared);
    const source = written ?? (argument?.kind === "tensor" ? argument.value : undefined);
    if (source !== undefined) for (const result of call.outputs.flatMap(valuesIn)) join(result, source);
  }
  return bases;
}

/** The value around the call that an input of its body stands for. */
export function operandOf(call: AtenCall, body: AtenGraph, input: string): string | undefined {
  const at = body.inputs.indexOf(input);
  if (at < 0) return undefined;
  const operands = call.target === "prim::Loop" ? ["carried", "captured"] : ["3"];
  const names = operands.flatMap((name) => {
    const argument = call.args.get(name);
    return argument?.kind === "tensors" ? [...argument.values] : [];
  });
  return names[at - (body.inputs.length - names.length)];
}

function nameOf(argument: AtenArgument): string | undefined {
  return argument.kind === "tensor" ? argument.value : undefined;
}
