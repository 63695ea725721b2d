// What those who make a node fit may do to the graph and know of it. Made by free-graph.ts.
import type { Graph, Node, NodeFields, Value } from "../graph/graph.ts";
import type { BatchAxis } from "./batch-axis.ts";
import type { ConstantOf } from "./constant-values.ts";
import type { Sizes } from "./sizes.ts";
import type { SymbolicTypes } from "./symbolic-types.ts";
import type { Visits } from "./widen.ts";

export interface Workbench {
  readonly graph: Graph;
  readonly sizes: Sizes;
  readonly types: SymbolicTypes;
  readonly constantOf: ConstantOf;
  readonly visits: Visits;
  /** Where the batch stands in a value; undefined if nowhere, or on more than one axis. */
  batchIn(value: Value): BatchAxis | undefined;
  /** One of the places that a node may put the batch at, the likeliest first: the one whose turn it is. */
  choose(node: Node, places: readonly BatchAxis[]): BatchAxis | undefined;
  /** Remembers where in an axis the batch is. */
  placeBatch(value: Value, place: BatchAxis): void;
  /** Adds a node before another; its output. Throws HeldByNode where it does not fit. */
  emit(fields: Omit<NodeFields, "outputs">, before: Node): Value;
  /** factor * batch as int64[1]. */
  batchSize(factor: number): Value;
  /** Sizes in the file; a number that stands in no file for those that the file leaves free. */
  fixedShape(value: Value): readonly number[] | undefined;
}

/** Thrown: no copy with a free batch was found. */
export class HeldByNode extends Error {
  readonly node: Node;

  constructor(node: Node, reason: string) {
    super(reason);
    this.node = node;
  }
}

/** Thrown: this axis of an input must be the batch too, for a node meets it with the batch of another. */
export class AnotherInput extends Error {
  readonly input: string;
  readonly axis: number;

  constructor(input: string, axis: number) {
    super(`axis ${axis} of ${input} is the batch too`);
    this.input = input;
    this.axis = axis;
  }
}
