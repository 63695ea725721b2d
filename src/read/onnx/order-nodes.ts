// Puts nodes into topological order. Files should be in order; some tools append what they add.
import type { GraphProto, NodeProto } from "../../bytes/protobuf/generated/onnx_pb.ts";

/** The nodes so that each follows those it uses, otherwise as they stood; or the nodes of a cycle. */
export function orderNodes(
  nodes: readonly NodeProto[],
): readonly NodeProto[] | { readonly cycle: NodeProto[] } {
  const producers = new Map<string, number>();
  for (const [index, node] of nodes.entries()) for (const name of node.output) producers.set(name, index);
  producers.delete(""); // outputs that are left out
  const uses = nodes.map((node) => producersUsed(node, producers));
  const inOrder = uses.every((used, index) => used.every((producer) => producer < index));
  return inOrder ? nodes : sorted(nodes, uses);
}

function producersUsed(node: NodeProto, producers: ReadonlyMap<string, number>): number[] {
  const names = new Set(node.input);
  for (const attribute of node.attribute) {
    if (attribute.g) freeNames(attribute.g, names);
    for (const graph of attribute.graphs) freeNames(graph, names);
  }
  const used: number[] = [];
  for (const name of names) {
    const producer = producers.get(name);
    if (producer !== undefined) used.push(producer);
  }
  return used;
}

/** Adds the names that a subgraph takes from the graphs around it. */
function freeNames(graph: GraphProto, names: Set<string>): void {
  const own = new Set<string>();
  for (const value of [...graph.input, ...graph.initializer]) own.add(value.name);
  for (const node of graph.node) for (const output of node.output) own.add(output);
  const inner = new Set(graph.output.map((output) => output.name));
  for (const node of graph.node) {
    for (const input of node.input) inner.add(input);
    for (const attribute of node.attribute) {
      if (attribute.g) freeNames(attribute.g, inner);
      for (const subgraph of attribute.graphs) freeNames(subgraph, inner);
    }
  }
  for (const name of inner) if (!own.has(name)) names.add(name);
}

/** Kahn's algorithm. */
function sorted(
  nodes: readonly NodeProto[],
  uses: readonly (readonly number[])[],
): readonly NodeProto[] | { readonly cycle: NodeProto[] } {
  const consumers = nodes.map((): number[] => []);
  const waiting = uses.map((used) => used.length);
  for (const [index, used] of uses.entries()) for (const producer of used) consumers[producer]?.push(index);
  const ordered: NodeProto[] = [];
  const ready = waiting.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
    ordered.push(nodes[next] as NodeProto); // an index of the list
    for (const consumer of consumers[next] ?? []) {
      waiting[consumer] = (waiting[consumer] ?? 0) - 1;
      if (waiting[consumer] === 0) ready.push(consumer);
    }
  }
  if (ordered.length === nodes.length) return ordered;
  const done = new Set(ordered);
  return { cycle: nodes.filter((node) => !done.has(node)) };
}
