// Gives every value and node of a graph, and of the graphs inside it, a unique name.
// Names that are set win in this order: inputs, outputs, weights, the rest; a name that is taken gets `_1`, `_2`, ...
// Nodes are named for where they come from (`layer1.0.conv1/Conv`), values for the node that computes them.
// Invariant: the result depends on the graph alone, and naming a named graph changes nothing.
// Not here: names of TensorFlow nodes, which have their own alphabet (tensorflow/).
import { type Graph, type Node, subgraphsOf, type Value } from "./graph.ts";

/** Unique names of everything in a graph. Values and nodes have separate name spaces, as in ONNX. */
export interface Names {
  readonly values: ReadonlyMap<Value, string>;
  readonly nodes: ReadonlyMap<Node, string>;
}

/** Names everything in place. */
export function assignNames(graph: Graph): void {
  const { values, nodes } = chooseNames(graph);
  for (const [value, name] of values) value.name = name;
  for (const [node, name] of nodes) node.name = name;
}

/** The names that `assignNames` would give. */
export function chooseNames(graph: Graph): Names {
  const { nodes, inputs, outputs, weights, computed } = collect(graph);
  const nodeNames = new NameSpace<Node>();
  for (const node of nodes) nodeNames.give(node, node.name);
  for (const node of nodes) nodeNames.give(node, nodeHint(node));

  const valueNames = new NameSpace<Value>();
  const all = [...inputs, ...outputs, ...weights.keys(), ...computed.keys()];
  for (const value of all) valueNames.give(value, value.name);
  for (const value of inputs) valueNames.give(value, "input");
  for (const [value, user] of weights) {
    valueNames.give(value, user ? `${nodeNames.names.get(user)}/constant` : "constant");
  }
  for (const [value, node] of computed) {
    valueNames.give(value, computedHint(value, node, nodeNames.names.get(node) ?? ""));
  }
  return { values: valueNames.names, nodes: nodeNames.names };
}

/** Hands out names, each once. */
class NameSpace<Named> {
  readonly names = new Map<Named, string>();
  private readonly taken = new Set<string>();
  /** The next suffix to try for a name, so that a thousand equal hints need no search. */
  private readonly next = new Map<string, number>();

  /** Gives the hint, with a suffix if it is taken; an empty hint or one who has a name already gets nothing. */
  give(named: Named, hint: string): void {
    if (hint === "" || this.names.has(named)) return;
    let name = hint;
    for (let suffix = this.next.get(hint) ?? 1; this.taken.has(name); suffix++) {
      name = `${hint}_${suffix}`;
      this.next.set(hint, suffix + 1);
    }
    this.taken.add(name);
    this.names.set(named, name);
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

function computedHint(value: Value, node: Node, nodeName: string): string {
  const index = node.outputs.indexOf(value);
  return index === 0 ? nodeName : `${nodeName}/${index}`;
}
