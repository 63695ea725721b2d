// A graph inside a node, emitted into the body of a TensorFlow function. What it reads from around is captured; values
// that cross the border stand in ONNX's order.
import { attributeOf, type Graph, type Value } from "../../graph/graph.ts";
import type { FunctionBody } from "../function-body.ts";
import type { TfValue } from "../graph.ts";
import { identityLayout } from "../layout/layout.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { NodeLowering } from "./node-lowering.ts";
import { ValueStore } from "./value-store.ts";

/** The graph that is attribute `name`. */
export function bodyOf(facts: NodeFacts, name: string): Graph {
  const graph = attributeOf(facts.node, name, "graph");
  if (!graph) throw new TypeError(`${facts.node.operator} has no attribute ${name}`); // readers check it
  return graph;
}

/** Emits a subgraph into a function's body; returns its outputs in ONNX's order. */
export function emitBody(
  node: NodeLowering,
  body: FunctionBody,
  graph: Graph,
  inputs: readonly TfValue[],
): TfValue[] {
  const inner = new ValueStore(body.tf, node.typed, {
    store: node.values,
    capture: (value) => body.capture(value),
  });
  for (const [index, input] of graph.inputs.entries()) {
    const value = inputs[index];
    if (value) inner.set(input, value, identityLayout(rankOf(node, input)));
  }
  node.emitGraph(graph, inner);
  return graph.outputs.map((output) => {
    const value = inner.get(output, identityLayout(rankOf(node, output)));
    return value.node.op === "_Arg" ? body.tf.op("Identity", [value]) : value;
  });
}

function rankOf(node: NodeFacts, value: Value): number {
  return node.typed.typeOf(value).shape.length;
}
