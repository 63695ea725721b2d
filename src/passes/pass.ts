// The contract of a pass: one way of making a graph simpler without changing what it computes.
// Invariants of every pass: names of graph inputs and outputs stay; new nodes keep the origin of those they replace;
// nothing above 1,024 elements is read, new weights are derived tensors; numbers change by rounding at most.
// Not here: the order of passes (optimize.ts), local patterns (rewrites/).
import type { Graph } from "../graph/graph.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Computes the outputs of a graph that has no inputs, in their order. An engine makes it; synchronous, since it is
 * called in the middle of a pass. May throw; then the nodes stay as they are.
 */
export type Evaluate = (graph: Graph) => readonly Tensor[];

export interface PassOptions {
  /** Folds constant subgraphs that exact arithmetic does not cover; without it they stay. */
  readonly evaluate?: Evaluate;
}

/** What a pass relies on, and what holds after it. */
export type Fact =
  | "constants are initializers"
  | "no identities"
  | "equal constants are one"
  | "no dead nodes";

export interface Pass {
  readonly name: string;
  readonly requires: readonly Fact[];
  readonly ensures: readonly Fact[];
  /**
   * Changes one graph, not the graphs inside it. `typed` knows every value that was there when the round began;
   * values made since have their declared types. Returns the number of changes.
   */
  run(graph: Graph, typed: TypedGraph, options: PassOptions): number;
}
