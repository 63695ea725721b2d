// Lets one value stand for another, names of outputs included, and drops what nobody needs any more.
import { type Graph, type Node, usesOf, type Value } from "../graph/graph.ts";

export function isOutput(graph: Graph, value: Value): boolean {
  return graph.outputs.includes(value);
}

/**
 * Every use of `old` reads `fresh`, and the nodes that thereby become dead are removed. If `old` is an output of the
 * graph, `fresh` takes over its name. False, and nothing changed, if that cannot be: `fresh` is an input, a constant or
 * an output itself, whose name must stay.
 */
export function replaceValue(graph: Graph, old: Value, fresh: Value): boolean {
  if (old === fresh) return false;
  if (isOutput(graph, old)) {
    if (!fresh.producer || !graph.nodes.includes(fresh.producer) || isOutput(graph, fresh)) return false;
    fresh.name = old.name;
    old.name = "";
    if (old.type) fresh.type = old.type;
  }
  graph.replaceUses(old, fresh);
  if (old.producer) removeIfDead(graph, old.producer);
  return true;
}

/** Removes a node that nobody needs, then those that only it needed. */
function removeIfDead(graph: Graph, first: Node): void {
  const waiting = [first];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    const needed = node.outputs.some(
      (output) => output && (output.consumers.size > 0 || isOutput(graph, output)),
    );
    if (needed || !graph.nodes.includes(node)) continue;
    const inputs = usesOf(node);
    graph.remove(node);
    for (const input of inputs) if (input.producer) waiting.push(input.producer);
  }
}
