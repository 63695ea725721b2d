// What an upgrade is: one change of an operator between two versions of the operator set, as a table entry.
// Adding one: a file (or a line in its family's), and a line in upgrades.ts.
// Invariant: an upgrade sees one node; it may put nodes before it, and gives back the node that takes its place.
import type { Attribute } from "../../../graph/attribute.ts";
import type { GraphBuilder } from "../../../graph/builder.ts";
import type { Value } from "../../../graph/graph.ts";
import type { DType } from "../../../tensor/dtype.ts";

/** A node of ai.onnx that is not yet in the graph. */
export interface Draft {
  readonly op: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface UpgradeContext {
  /** Puts nodes and constants before the draft. */
  readonly builder: GraphBuilder;
  /** The rank, where types or the nodes before tell it. */
  rankOf(value: Value | undefined): number | undefined;
  dtypeOf(value: Value | undefined): DType | undefined;
  /** Whether any node or graph output takes the value. */
  isUsed(value: Value): boolean;
}

export interface Upgrade {
  readonly ops: readonly string[];
  /** The version of the operator set that brought the new form; applies to nodes of earlier versions. */
  readonly since: number;
  /** The draft in the new form, or, in words, why there is none. */
  apply(draft: Draft, context: UpgradeContext): Draft | string;
}

/** A copy of the attributes without some and with others. */
export function changed(
  draft: Draft,
  without: readonly string[],
  added: Readonly<Record<string, Attribute>> = {},
): ReadonlyMap<string, Attribute> {
  const attributes = new Map(draft.attributes);
  for (const name of without) attributes.delete(name);
  for (const [name, attribute] of Object.entries(added)) attributes.set(name, attribute);
  return attributes;
}

export function intOf(draft: Draft, name: string, fallback: number): number {
  const attribute = draft.attributes.get(name);
  return attribute?.kind === "int" ? attribute.value : fallback;
}

export function floatOf(draft: Draft, name: string): number | undefined {
  const attribute = draft.attributes.get(name);
  return attribute?.kind === "float" ? attribute.value : undefined;
}

export function intsOf(draft: Draft, name: string): readonly number[] | undefined {
  const attribute = draft.attributes.get(name);
  return attribute?.kind === "ints" ? attribute.value : undefined;
}

export function floatsOf(draft: Draft, name: string): readonly number[] | undefined {
  const attribute = draft.attributes.get(name);
  return attribute?.kind === "floats" ? attribute.value : undefined;
}

export function stringOf(draft: Draft, name: string, fallback: string): string {
  const attribute = draft.attributes.get(name);
  return attribute?.kind === "string" ? attribute.value : fallback;
}
