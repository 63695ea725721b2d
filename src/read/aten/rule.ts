// The shape of a rule: how the calls of one operator, or of one family, become ONNX.
// Invariant: a rule never looks at its neighbours; `refuse` and `emit` are pure apart from the nodes that `emit` appends.
// Not here: the list of rules (rules/index.ts).
import type { Value } from "../../graph/graph.ts";
import type { Facts } from "./argument.ts";
import type { Call } from "./call.ts";

/** What a rule gives back: the values of the call's results in order, lists flattened; undefined if nobody can use one. */
export type Emitted = Value | readonly (Value | undefined)[];

export interface Rule {
  /** Such as `aten::conv2d.default`. */
  readonly targets: readonly string[];
  /** The rule understands complex operands and results. Without it such calls are refused. */
  readonly complex?: true;
  /** How messages call a rule of the user's own, whose results are checked against the types that the file states. */
  readonly own?: string;
  /** What `refuse` and refusals of `emit` leave out, for docs/operators.md: `npm run docs`. */
  readonly limits?: string;
  /** Why this call cannot be lowered; undefined if it can. */
  refuse?(call: Facts): string | undefined;
  emit(call: Call): Emitted;
}
