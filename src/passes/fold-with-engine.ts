// Computes constant subgraphs by running them: what depends on constants alone but needs an engine's kernels, such as
// Exp or a float MatMul of weights. All of a graph's are run as one model.
// Not here: what exact arithmetic covers (fold-constants.ts), which runs before.
import { Graph, Node, subgraphsOf, Value } from "../graph/graph.ts";
import { definitionOf } from "../graph/operators/index.ts";
import { tensorType } from "../graph/type.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { BYTES_PER_ELEMENT } from "../tensor/dtype.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import { MAX_FOLDED_BYTES } from "./fold-constants.ts";
import type { Evaluate, Pass } from "./pass.ts";
import { isOutput, replaceValue } from "./replace-value.ts";

export const FOLD_WITH_ENGINE: Pass = {
  name: "fold with an engine",
  requires: ["constants are initializers"],
  ensures: [],
  run(graph, typed, { evaluate }) {
    if (!evaluate) return 0;
    const constant = constantNodes(graph);
    const wanted = frontier(graph, constant, typed);
    if (wanted.length === 0) return 0;
    return replaceAll(graph, wanted, compute(evaluate, graph, constant, wanted));
  },
};

/** Nodes that depend on constants alone, in order. */
function constantNodes(graph: Graph): Set<Node> {
  const constant = new Set<Node>();
  for (const node of graph.nodes) {
    const definition = definitionOf(node);
    if (!definition || definition.random || definition.foreign || subgraphsOf(node).length > 0) continue;
    const known = node.inputs.every(
      (input) =>
        !input || input.initializer || (input.producer !== undefined && constant.has(input.producer)),
    );
    if (known) constant.add(node);
  }
  return constant;
}

/** Their results that other nodes read, as far as they do not make the model larger. */
function frontier(graph: Graph, constant: ReadonlySet<Node>, typed: TypedGraph): Value[] {
  const wanted: Value[] = [];
  for (const node of constant) {
    for (const output of node.outputs) {
      if (!output || isOutput(graph, output)) continue;
      if ([...output.consumers].every((user) => constant.has(user))) continue;
      if (bytesOf(output, typed) <= Math.max(MAX_FOLDED_BYTES, bytesBehind(output))) wanted.push(output);
    }
  }
  return wanted;
}

/** Infinite if the size is not known. */
function bytesOf(value: Value, typed: TypedGraph): number {
  const type = typed.knownType(value);
  if (type?.kind !== "tensor" || !type.shape?.every((dim) => typeof dim === "number")) return Infinity;
  return elementCount(type.shape) * BYTES_PER_ELEMENT[type.dtype];
}

/** Bytes of the constants that a value is computed from. */
function bytesBehind(value: Value): number {
  const tensors = new Set<Tensor>();
  for (const node of nodesBehind([value])) {
    for (const input of node.inputs) if (input?.initializer) tensors.add(input.initializer);
  }
  return [...tensors].reduce((sum, tensor) => sum + tensor.byteLength, 0);
}

/** The nodes that values are computed by, over any number of steps. */
function nodesBehind(values: readonly Value[]): Set<Node> {
  const found = new Set<Node>();
  const waiting: (Node | undefined)[] = values.map((value) => value.producer);
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (!node || found.has(node)) continue;
    found.add(node);
    for (const input of node.inputs) waiting.push(input?.producer);
  }
  return found;
}

/** Runs copies of the nodes that `wanted` needs. An engine that fails leaves everything as it is. */
function compute(evaluate: Evaluate, graph: Graph, constant: ReadonlySet<Node>, wanted: readonly Value[]) {
  const model = new Graph("constants");
  for (const [domain, version] of graph.opsets) model.opsets.set(domain, version);
  const needed = nodesBehind(wanted);
  const copies = new Map<Value, Value>();
  for (const node of constant) if (needed.has(node)) model.insert(copied(node, copies));
  for (const value of wanted) model.outputs.push(copies.get(value) ?? value);
  try {
    return evaluate(model);
  } catch {
    return undefined; // not every engine has every kernel; the nodes then run with the model
  }
}

function copied(node: Node, copies: Map<Value, Value>): Node {
  const copyOf = (value: Value | undefined): Value | undefined => {
    if (!value) return undefined;
    const copy = copies.get(value) ?? new Value("", value.type);
    if (value.initializer) copy.initializer = value.initializer;
    copies.set(value, copy);
    return copy;
  };
  const { op, domain, attributes } = node;
  return new Node({
    op,
    domain,
    attributes,
    inputs: node.inputs.map(copyOf),
    outputs: node.outputs.map(copyOf),
  });
}

function replaceAll(
  graph: Graph,
  wanted: readonly Value[],
  tensors: ReturnType<Evaluate> | undefined,
): number {
  let changes = 0;
  for (const [index, tensor] of (tensors ?? []).entries()) {
    const old = wanted[index];
    if (!old) continue;
    const value = new Value("", tensorType(tensor.dtype, tensor.shape));
    value.initializer = tensor;
    if (replaceValue(graph, old, value)) changes++;
  }
  return changes;
}
