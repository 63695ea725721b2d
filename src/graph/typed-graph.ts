// A graph whose values all have types: what lowering and shape-dependent passes take.
// Made by inferTypes; a pass that changes the graph gives up the typed view and has it inferred anew.
import type { Dim } from "./dim.ts";
import type { Graph, Value } from "./graph.ts";
import type { TensorType, ValueType } from "./type.ts";

/** A tensor type whose rank is known. */
export interface RankedType extends TensorType {
  readonly shape: readonly Dim[];
}

export interface TypedGraph {
  readonly graph: Graph;
  /** The type of a tensor value, its rank known. Throws for sequences and optionals. */
  typeOf(value: Value): RankedType;
  /** What is known of a value's type, if anything; never throws. */
  knownType(value: Value): ValueType | undefined;
  /** The contents of a small integer tensor in row-major order as far as they are known, symbolically. */
  contentsOf(value: Value): readonly Dim[] | undefined;
}
