// Takes states out of a graph that no output of the user's depends on, such as the running statistics of a batch norm
// that normalizes with the batch's own.
import { type Graph, type State, usesOf, type Value } from "../../graph/graph.ts";

/** Removes the inputs and outputs of such states; the nodes that computed them are left to the passes. */
export function dropIdleStates(graph: Graph): void {
  if (graph.states.length === 0) return;
  const own = new Set(graph.states.map(({ output }) => output));
  const needed = new Set<Value>();
  const kept = new Set<State>();
  reach(
    graph.outputs.filter((_, index) => !own.has(index)),
    needed,
  );
  for (let before = -1; before !== kept.size; ) {
    before = kept.size;
    for (const state of graph.states) {
      if (kept.has(state) || !needed.has(graph.inputs[state.input] as Value)) continue; // a state has an input
      kept.add(state);
      reach([graph.outputs[state.output] as Value], needed); // and an output
    }
  }
  keepOnly(graph, kept);
}

/** Adds everything that these values are computed from. */
function reach(values: readonly Value[], needed: Set<Value>): void {
  const waiting = [...values];
  for (let value = waiting.pop(); value; value = waiting.pop()) {
    if (needed.has(value)) continue;
    needed.add(value);
    if (value.producer) waiting.push(...usesOf(value.producer));
  }
}

function keepOnly(graph: Graph, kept: ReadonlySet<State>): void {
  const states = graph.states.filter((state) => kept.has(state));
  const idle = graph.states.filter((state) => !kept.has(state));
  if (idle.length === 0) return;
  const inputs = new Set(idle.map(({ input }) => graph.inputs[input]));
  const outputs = new Set(idle.map(({ output }) => graph.outputs[output]));
  const ends = states.map(({ input, output, initial }) => ({
    input: graph.inputs[input] as Value, // both are there
    output: graph.outputs[output] as Value,
    initial,
  }));
  remove(graph.inputs, inputs);
  remove(graph.outputs, outputs);
  graph.states.splice(0, graph.states.length);
  for (const { input, output, initial } of ends)
    graph.states.push({ input: graph.inputs.indexOf(input), output: graph.outputs.indexOf(output), initial });
}

function remove(values: Value[], gone: ReadonlySet<Value | undefined>): void {
  const kept = values.filter((value) => !gone.has(value));
  values.splice(0, values.length, ...kept);
}
