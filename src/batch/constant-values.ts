// Values that depend on no input, as tensors: constants, and what an engine computes from them.
import { copyNode } from "../graph/copy-graph.ts";
import { Graph, type Node, subgraphsOf, Value } from "../graph/graph.ts";
import { definitionOf } from "../graph/operators/index.ts";
import { tensorType } from "../graph/type.ts";
import type { Evaluate } from "../passes/pass.ts";
import type { Tensor } from "../tensor/tensor.ts";

export type { Evaluate };

/** The value as a tensor, if it depends on no input and can be computed. */
export type ConstantOf = (value: Value) => Tensor | undefined;

/** A constant that holds the batch is read and compared row by row; masks of long sequences are the largest. */
export const MAX_CONSTANT_BYTES = 256 * 2 ** 20;
/** Nodes behind one constant; exporters write a few dozen. */
const MAX_NODES = 1000;

/** Computes each value once. Values that an engine cannot compute are no constants. */
export function constantFinder(graph: Graph, evaluate: Evaluate | undefined): ConstantOf {
  const found = new Map<Value, Tensor | undefined>();
  return (value) => {
    if (value.initializer) return value.initializer;
    if (!found.has(value)) found.set(value, compute(value, graph, evaluate));
    return found.get(value);
  };
}

function compute(value: Value, graph: Graph, evaluate: Evaluate | undefined): Tensor | undefined {
  const needed = evaluate && nodesBehind(value);
  if (!evaluate || !needed) return undefined;
  const model = new Graph("constant");
  for (const [domain, version] of graph.opsets) model.opsets.set(domain, version);
  const copies = new Map<Value, Value>();
  for (const node of graph.nodes) if (needed.has(node)) model.insert(copyNode(node, copies));
  const output = copies.get(value);
  if (!output) return undefined;
  model.outputs.push(output);
  try {
    return evaluate(model)[0];
  } catch {
    return undefined; // the engine has no kernel for it, and says so again when the model is run
  }
}

/** The nodes that compute a value from constants alone; undefined if it depends on anything else. */
function nodesBehind(value: Value): Set<Node> | undefined {
  const found = new Set<Node>();
  const waiting: Value[] = [value];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { producer } = next;
    if (next.initializer || (producer && found.has(producer))) continue;
    const definition = producer && definitionOf(producer);
    if (!producer || !definition || definition.random || subgraphsOf(producer).length > 0) return undefined;
    if (found.size >= MAX_NODES) return undefined;
    found.add(producer);
    for (const input of producer.inputs) if (input) waiting.push(input);
  }
  return found;
}

/** A constant as a value of a graph. */
export function constantValue(tensor: Tensor): Value {
  const value = new Value("", tensorType(tensor.dtype, tensor.shape));
  value.initializer = tensor;
  return value;
}
