// The registry of operator definitions, by domain and name.
import type { Node } from "../graph.ts";
import type { OperatorDefinition } from "./definition.ts";

const DEFINITIONS: readonly OperatorDefinition[] = [];

const BY_OPERATOR: ReadonlyMap<string, OperatorDefinition> = new Map(
  DEFINITIONS.map((definition) => [key(definition.domain ?? "", definition.op), definition]),
);

/** The definition of a node's operator; undefined if nothing is known of it. */
export function definitionOf(node: Node): OperatorDefinition | undefined {
  return BY_OPERATOR.get(key(node.domain, node.op));
}

function key(domain: string, op: string): string {
  return `${domain}::${op}`;
}
