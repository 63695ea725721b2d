// Computes nothing twice: nodes with the same operator, attributes and inputs become one (common subexpressions).
// Not so random operators, operators that nothing is known of, and nodes with graphs inside.
import type { Attribute } from "../graph/attribute.ts";
import { type Graph, type Node, subgraphsOf, type Value } from "../graph/graph.ts";
import { definitionOf } from "../graph/operators/index.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { contentsKey } from "./merge-constants.ts";
import type { Pass } from "./pass.ts";
import { replaceValue } from "./replace-value.ts";

const MAX_TENSOR_BYTES = 256;

export const MERGE_EQUAL_NODES: Pass = {
  name: "merge equal nodes",
  requires: ["equal constants are one"],
  ensures: [],
  run(graph) {
    const numbers = new Numbers();
    const first = new Map<string, Node>();
    let changes = 0;
    for (const node of [...graph.nodes]) {
      const key = keyOf(node, numbers);
      if (key === undefined) continue;
      const same = first.get(key);
      if (!same) first.set(key, node);
      else if (mergeInto(graph, same, node)) changes++;
    }
    return changes;
  },
};

/** Numbers objects, so that they can stand in a key. */
class Numbers {
  private readonly numbers = new Map<object, number>();

  of(item: object): number {
    const known = this.numbers.get(item);
    if (known !== undefined) return known;
    this.numbers.set(item, this.numbers.size);
    return this.numbers.size - 1;
  }
}

function keyOf(node: Node, numbers: Numbers): string | undefined {
  const definition = definitionOf(node);
  if (!definition || definition.random || subgraphsOf(node).length > 0) return undefined;
  const inputs = node.inputs.map((input) => (input ? numbers.of(input) : "_"));
  const attributes = [...node.attributes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, attribute]) => `${name}=${attributeKey(attribute, numbers)}`);
  return `${node.operator}(${inputs.join()})${attributes.join(";")}/${node.outputs.length}`;
}

function attributeKey(attribute: Attribute, numbers: Numbers): string {
  const tensorKey = (tensor: Tensor): string =>
    tensor.byteLength <= MAX_TENSOR_BYTES && !tensor.strings ? contentsKey(tensor) : `#${numbers.of(tensor)}`;
  if (attribute.kind === "tensor") return tensorKey(attribute.value);
  if (attribute.kind === "tensors") return attribute.value.map(tensorKey).join();
  if (attribute.kind === "float" && Object.is(attribute.value, -0)) return "float:-0";
  if (attribute.kind === "float") return `float:${attribute.value}`;
  return `${attribute.kind}:${JSON.stringify(attribute.value)}`;
}

/** Lets the first node's outputs stand for the second's; an output of the graph keeps its own node. */
function mergeInto(graph: Graph, first: Node, second: Node): boolean {
  const pairs = second.outputs.map((output, index): readonly [Value | undefined, Value | undefined] => [
    output,
    first.outputs[index],
  ]);
  if (pairs.some(([from, to]) => from && (!to || graph.outputs.includes(from)))) return false;
  let merged = false;
  for (const [from, to] of pairs) if (from && to) merged = replaceValue(graph, from, to) || merged;
  return merged;
}
