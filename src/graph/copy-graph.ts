// A copy of a graph that can be changed beside the original. Constants are shared: a tensor never changes.
// Invariant: what the copy's nodes read and make are copies; only tensors and origins are the same objects.
import type { Attribute, Attributes } from "./attribute.ts";
import { Graph, Node, Value } from "./graph.ts";

export interface GraphCopy {
  readonly graph: Graph;
  /** The copy of each value of the original, those of its subgraphs too. */
  readonly copies: ReadonlyMap<Value, Value>;
}

/** Copies a graph with its subgraphs; declared types are kept. */
export function copyGraph(graph: Graph): GraphCopy {
  const copies = new Map<Value, Value>();
  return { graph: copied(graph, copies), copies };
}

/** One node whose inputs and outputs `copies` tells or learns; it is in no graph yet. */
export function copyNode(node: Node, copies: Map<Value, Value>): Node {
  const { op, domain, name, origin, definition } = node;
  const inputs = node.inputs.map((input) => input && copyValue(input, copies));
  const attributes = copyAttributes(node.attributes, copies);
  const outputs = node.outputs.map((output) => output && copyValue(output, copies));
  return new Node({ op, domain, name, origin, definition, inputs, outputs, attributes });
}

function copied(graph: Graph, copies: Map<Value, Value>): Graph {
  const copy = new Graph(graph.name);
  for (const [domain, version] of graph.opsets) copy.opsets.set(domain, version);
  for (const [key, value] of graph.metadata) copy.metadata.set(key, value);
  copy.states.push(...graph.states);
  for (const input of graph.inputs) copy.inputs.push(copyValue(input, copies));
  for (const node of graph.nodes) copy.insert(copyNode(node, copies));
  for (const output of graph.outputs) copy.outputs.push(copyValue(output, copies));
  return copy;
}

function copyAttributes(attributes: Attributes, copies: Map<Value, Value>): Attributes {
  const copyOf = (attribute: Attribute): Attribute => {
    if (attribute.kind === "graph") return { kind: "graph", value: copied(attribute.value, copies) };
    if (attribute.kind !== "graphs") return attribute;
    return { kind: "graphs", value: attribute.value.map((inner) => copied(inner, copies)) };
  };
  return new Map([...attributes].map(([name, attribute]) => [name, copyOf(attribute)]));
}

function copyValue(value: Value, copies: Map<Value, Value>): Value {
  const known = copies.get(value);
  if (known) return known;
  const copy = new Value(value.name, value.type);
  copy.initializer = value.initializer;
  copy.source = value.source;
  copies.set(value, copy);
  return copy;
}
