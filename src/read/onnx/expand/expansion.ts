// What an expansion is: an operator of another domain written out in operators of ONNX, as a table entry.
// Adding one: a file (or a line in its family's), and a line in expansions.ts.
// Invariant: an expansion sees one node; it puts nodes of the IR's form into the graph and gives the values of its outputs.
import type { Value } from "../../../graph/graph.ts";
import type { Draft, UpgradeContext } from "../upgrade/upgrade.ts";

export interface Expansion {
  /** Names without their domain. */
  readonly ops: readonly string[];
  /** What of the operator is refused, for documentation; none if absent. */
  readonly limits?: string;
  /** The values of the outputs in order (undefined for one that nobody uses); or, in words, why there are none. */
  expand(draft: Draft, context: UpgradeContext): readonly (Value | undefined)[] | string;
}
