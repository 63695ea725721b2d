// What a model that keeps state needs beside itself: the arrays of its first call, and which output is which input.
// Layout: assets.extra/initial_state.npz, one array an input of that name; TensorFlow Serving leaves assets.extra alone.
// In model.onnx, the metadata entry `torchferry.states`: JSON, [{"input": "h", "output": "h_out"}, ...].
import { writeNpz } from "../bytes/npz.ts";
import type { Graph } from "../graph/graph.ts";

export const INITIAL_STATE_FILE = "assets.extra/initial_state.npz";
const METADATA_KEY = "torchferry.states";

/** The pieces of the file; undefined for a model that keeps nothing. */
export function initialStateFile(graph: Graph): readonly Uint8Array[] | undefined {
  if (graph.states.length === 0) return undefined;
  return writeNpz(
    new Map(graph.states.map(({ input, initial }) => [graph.inputs[input]?.name ?? "", initial])),
  );
}

/** Notes in the graph's metadata which output the next call takes as which input. */
export function noteStates(graph: Graph): void {
  graph.metadata.delete(METADATA_KEY); // of a model that was converted before
  if (graph.states.length === 0) return;
  const pairs = graph.states.map(({ input, output }) => ({
    input: graph.inputs[input]?.name,
    output: graph.outputs[output]?.name,
  }));
  graph.metadata.set(METADATA_KEY, JSON.stringify(pairs));
}
