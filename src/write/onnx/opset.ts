// Which operator-set versions a written model imports: the smallest that has every form the graph uses.
// Source: https://onnx.ai/onnx/repo-docs/Versioning.html (released versions)
import { type Graph, type Node, subgraphsOf } from "../../graph/graph.ts";
import { definitionOf } from "../../graph/operators/index.ts";

/** Reductions and Pad, Resize, Split take the IR's form from here on. */
const MIN_OPSET = 18;
/** What the IR's forms are defined by; for operators that have no definition. */
const IR_OPSET = 21;

/** Version of the file format that was released with an opset: [opset, ir_version]. */
const IR_VERSIONS: readonly (readonly [number, number])[] = [
  [18, 8],
  [20, 9],
  [22, 10],
  [23, 11],
  [24, 12],
  [26, 13],
];
const NEWEST_IR_VERSION = 14;

/** Versions by domain, ai.onnx ("") first, the others in order of their names. */
export function importedOpsets(graph: Graph): Map<string, number> {
  const others = new Map<string, number>();
  const version = Math.max(MIN_OPSET, neededVersion(graph, others));
  const opsets = new Map([["", version]]);
  for (const domain of [...others.keys()].sort())
    opsets.set(domain, graph.opsets.get(domain) ?? others.get(domain) ?? 1);
  return opsets;
}

export function irVersionFor(opset: number): number {
  return IR_VERSIONS.find(([last]) => opset <= last)?.[1] ?? NEWEST_IR_VERSION;
}

/** `domains` gets the other domains, each with the newest version that a definition of its operators names. */
function neededVersion(
  graph: Graph,
  domains: Map<string, number>,
  declared = graph.opsets.get("") ?? 0,
): number {
  let version = 0;
  for (const node of graph.nodes) {
    if (node.domain)
      domains.set(node.domain, Math.max(domains.get(node.domain) ?? 1, node.definition?.since ?? 1));
    else version = Math.max(version, versionOf(node, declared));
    for (const inner of subgraphsOf(node)) {
      version = Math.max(version, neededVersion(inner, domains, declared));
    }
  }
  return version;
}

function versionOf(node: Node, declared: number): number {
  const definition = definitionOf(node);
  if (!definition) return Math.max(IR_OPSET, declared);
  return definition.sinceFor?.(node) ?? definition.since;
}
