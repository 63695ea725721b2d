// How one ONNX operator becomes TensorFlow operators: one typed table entry each, in rules/.
// Adding an operator: one file in rules/, its test, one line in rules.ts.
// Invariant: entries are data and pure functions; shared code never compares an operator's name.
import type { TfValue } from "../graph.ts";
import type { Layout } from "../layout/layout.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { NodeLowering } from "./node-lowering.ts";

export interface LoweringRule {
  readonly op: string;
  /** "" is ai.onnx. */
  readonly domain?: string;
  /** The opset in which the form that the rule takes came to be. */
  readonly since: number;
  /** In which order it takes and gives data; a function where that depends on the node. */
  readonly layout: LayoutClass | ((facts: NodeFacts) => LayoutClass);
  /** What `refuse` takes, or does not take, for docs/operators.md: `npm run docs`. */
  readonly limits?: string;
  /** Why this node cannot be lowered, as the end of a sentence; undefined if it can. */
  refuse?(facts: NodeFacts): string | undefined;
  /** Makes the nodes. One value for each of the ONNX node's outputs, in order; the last ones may be left out. */
  emit(node: NodeLowering): readonly TfValue[] | TfValue;
}

export type LayoutClass =
  /** Inputs and outputs stand in ONNX's order. */
  | { readonly kind: "logical" }
  /** The first input and the first output stand channels-last: N, spatial axes, C. */
  | { readonly kind: "channels-last" }
  /** Takes what comes: the outputs' order follows from the data inputs'. */
  | FollowingLayout;

export interface FollowingLayout {
  readonly kind: "follows";
  /** Which inputs stand in the layout: the first, or all that are as deep as the output (shallower ones are aligned). */
  readonly data: "first" | "all";
  /**
   * The layout of an output when the data inputs stand in `layout`; undefined if the rule cannot take them so. The
   * logical order is always possible and gives the logical order.
   */
  through(facts: NodeFacts, layout: Layout, output: number): Layout | undefined;
}

export const LOGICAL: LayoutClass = { kind: "logical" };
export const CHANNELS_LAST: LayoutClass = { kind: "channels-last" };

/** Output = f(inputs) element by element, with broadcasting: any order will do. */
export const ELEMENTWISE: FollowingLayout = { kind: "follows", data: "all", through: (_, layout) => layout };

/** Works along axes that it can name in any order; the output is as deep as the first input. */
export const ANY_ORDER: FollowingLayout = {
  kind: "follows",
  data: "first",
  through: (_, layout) => (layout.folded ? undefined : layout),
};
