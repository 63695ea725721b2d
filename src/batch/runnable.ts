// What the proof asks of an engine: graphs that run. The library's border makes it (run-graphs.ts).
import type { TensorValue } from "../engine/engine.ts";
import type { Graph } from "../graph/graph.ts";

export type Values = ReadonlyMap<string, TensorValue>;

export interface RunnableGraph {
  /** All outputs by name. Throws what the engine throws. */
  run(inputs: Values): Promise<Values>;
}

/**
 * Makes graphs ready to run, hands them to `use`, and lets them go whatever happens. Weights that the graphs share are
 * held once. Throws what the engine throws.
 */
export type WithGraphs = <Result>(
  graphs: readonly Graph[],
  use: (runnable: readonly RunnableGraph[]) => Promise<Result>,
) => Promise<Result>;
