// Gives every value and node of a graph, and of the graphs inside it, a unique name.
// Names that are set win in this order: inputs, outputs, weights, the rest; a name that is taken gets `_1`, `_2`, ...
// Nodes are named for where they come from (`layer1.0.conv1/Conv`), values for the node that computes them.
// Invariant: the result depends on the graph alone, and naming a named graph changes nothing.
// Not here: names of TensorFlow nodes, which have their own alphabet (tensorflow/).
import { type Graph, type Node, subgraphsOf, type Value } from "./graph.ts";

/** Names everything in place. Values and nodes have separate name spaces, as in ONNX. */
export function assignNames(graph: Graph): void {
  const { nodes, inputs, outputs, weights, computed } = collect(graph);
  const nodeNames = new NameSpace();
  for (const node of nodes) if (node.name) node.name = nodeNames.take(node.name);
  for (const node of nodes) if (!node.name) node.name = nodeNames.take(nodeHint(node));

  const valueNames = new NameSpace();
  const named = new Set<Value>();
  const name = (value: Value, hint: string): void => {
    if (named.has(value) || hint === "") return;
    named.add(value);
    value.name = valueNames.take(hint);
  };
  for (const value of [...inputs, ...outputs, ...weights.keys(), ...computed.keys()]) name(value, value.name);
  for (const value of inputs) name(value, "input");
  for (const [value, user] of weights) name(value, user ? `${user.name}/constant` : "constant");
  for (const [value, node] of computed) name(value, computedHint(value, node));
}

/** Hands out names, each once. */
class NameSpace {
  private readonly taken = new Set<string>();
  /** The next suffix to try for a name, so that a thousand equal hints need no search. */
  private readonly next = new Map<string, number>();

  take(hint: string): string {
    let name = hint;
    for (let suffix = this.next.get(hint) ?? 1; this.taken.has(name); suffix++) {
      name = `${hint}_${suffix}`;
      this.next.set(hint, suffix + 1);
    }
    this.taken.add(name);
    return name;
  }
}

interface Collected {
  readonly nodes: Node[];
  readonly inputs: Set<Value>;
  readonly outputs: Set<Value>;
  /** Constants with the first node that uses each. */
  readonly weights: Map<Value, Node | undefined>;
  readonly computed: Map<Value, Node>;
}

function collect(graph: Graph): Collected {
  const all: Collected = {
    nodes: [],
    inputs: new Set(graph.inputs),
    outputs: new Set(graph.outputs),
    weights: new Map(),
    computed: new Map(),
  };
  visit(graph, all);
  return all;
}

function visit(graph: Graph, all: Collected): void {
  for (const input of graph.inputs) all.inputs.add(input);
  for (const node of graph.nodes) {
    all.nodes.push(node);
    for (const input of node.inputs) {
      if (input?.initializer && !all.weights.has(input)) all.weights.set(input, node);
    }
    for (const output of node.outputs) if (output) all.computed.set(output, node);
    for (const inner of subgraphsOf(node)) visit(inner, all);
  }
  for (const output of graph.outputs) {
    if (output.initializer && !all.weights.has(output)) all.weights.set(output, undefined);
  }
}

function nodeHint(node: Node): string {
  return node.origin.scope ? `${node.origin.scope}/${node.op}` : node.op;
}

function computedHint(value: Value, node: Node): string {
  const index = node.outputs.indexOf(value);
  return index === 0 ? node.name : `${node.name}/${index}`;
}
