// A part of a graph as a graph of its own: the nodes that compute some values from others.
// Invariant: nodes and values are the whole graph's own, and nothing about them is changed; such a graph may be
// written and run, not rewritten.
import { Graph, type Node, usesOf, type Value } from "../graph/graph.ts";

/** The part that computes `outputs` from `inputs`, which take the place of what computes them. */
export function partOf(whole: Graph, inputs: readonly Value[], outputs: readonly Value[]): Graph {
  const part = new Graph(whole.name);
  for (const [domain, version] of whole.opsets) part.opsets.set(domain, version);
  part.inputs.push(...inputs);
  part.outputs.push(...outputs);
  const needed = nodesBetween(new Set(inputs), outputs);
  part.nodes = whole.nodes.filter((node) => needed.has(node));
  return part;
}

/** The values nearest before `value` that `isStop` takes, each once: what it is computed from. */
export function cutBefore(value: Value, isStop: (candidate: Value) => boolean): Value[] {
  const cut = new Set<Value>();
  const seen = new Set<Value>([value]);
  const pending = value.producer ? [...usesOf(value.producer)] : [];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (seen.has(next) || next.initializer) continue;
    seen.add(next);
    if (isStop(next) || !next.producer) cut.add(next);
    else pending.push(...usesOf(next.producer));
  }
  return [...cut];
}

/** Everything that `value` is computed from, over any number of steps, itself included. */
export function before(value: Value): Set<Value> {
  const found = new Set<Value>();
  const pending = [value];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    if (next.producer) pending.push(...usesOf(next.producer));
  }
  return found;
}

function nodesBetween(inputs: ReadonlySet<Value>, outputs: readonly Value[]): Set<Node> {
  const needed = new Set<Node>();
  const pending = outputs.filter((output) => !inputs.has(output));
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (!value.producer || needed.has(value.producer)) continue;
    needed.add(value.producer);
    pending.push(...[...usesOf(value.producer)].filter((use) => !inputs.has(use)));
  }
  return needed;
}
