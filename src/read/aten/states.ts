// Buffers that `forward` changes: the next call reads what this one wrote, so each becomes an input and an output.
// Method: a buffer is a state if an output of the user's, or the new contents of another state, depends on what it held
// before; the rest, such as statistics that only training reads, is left out.
// Not here: which writes there are (functionalize.ts), what is told of states (graph/graph.ts, states).
import type { Tensor } from "../../tensor/tensor.ts";
import { uniqueName } from "../endpoint-names.ts";
import { type Prepared, type ProgramContext, prepare } from "./lower-calls.ts";
import type { AtenArgument, AtenInput, AtenOutput, AtenProgram } from "./program.ts";

export interface ProgramState {
  readonly input: AtenInput;
  readonly output: AtenOutput;
  /** What it holds before the first call. */
  readonly initial: Tensor;
}

export interface WithStates {
  /** Its outputs are the user's, then the new contents of `states`. */
  readonly prepared: Prepared;
  readonly states: readonly ProgramState[];
}

/** Prepares the program's graph for lowering, with the states that it turns out to have. */
export function prepareWithStates(program: AtenProgram, context: ProgramContext): WithStates {
  const others = program.states ?? [];
  const user = [...program.outputs, ...others].map((output) => output.argument);
  const first = prepare({ ...program.graph, outputs: user }, context);
  const changed = changedBuffers(program, first);
  const kept = new Set<string>();
  let prepared = first;
  for (let before = changed.size === 0 ? 0 : -1; before !== kept.size; ) {
    before = kept.size;
    for (const name of changed.keys()) if (prepared.used.has(name)) kept.add(name);
    const outputs = [...kept].map((name) => changed.get(name) as AtenArgument); // kept are some of the changed
    const quiet: ProgramContext = { ...context, problems: [] }; // they were said the first time
    prepared = prepare({ ...program.graph, outputs: [...user, ...outputs] }, quiet);
  }
  const buffers = [...kept].map((value) => ({ value, argument: changed.get(value) as AtenArgument })); // they are
  return { prepared, states: named(program, buffers) };
}

/** Value name of a buffer -> the value that holds its new contents. */
function changedBuffers(program: AtenProgram, { written }: Prepared): Map<string, AtenArgument> {
  const changed = new Map<string, AtenArgument>();
  for (const [name, fresh] of program.mutations) changed.set(name, { kind: "tensor", value: fresh });
  for (const name of written.keys())
    if (!changed.has(name)) changed.set(name, { kind: "tensor", value: name });
  for (const name of changed.keys()) if (!program.weights.has(name)) changed.delete(name);
  return changed;
}

/** The states that are no buffers first, as the outputs are. */
function named(
  program: AtenProgram,
  buffers: readonly { readonly value: string; readonly argument: AtenArgument }[],
): ProgramState[] {
  const taken = new Set([...program.inputs, ...program.outputs].map(({ name }) => name));
  const state = (name: string, value: string, argument: AtenArgument, initial: Tensor): ProgramState => {
    const input = uniqueName(name, taken);
    return {
      input: { name: input, value },
      output: { name: uniqueName(`${input}_out`, taken), argument },
      initial,
    };
  };
  return [
    ...(program.states ?? []).map(({ input, argument, initial }) =>
      state(input.name, input.value, argument, initial),
    ),
    ...buffers.flatMap(({ value, argument }) => {
      const weight = program.weights.get(value);
      return weight ? [state(weight.name, value, argument, weight.tensor)] : [];
    }),
  ];
}
