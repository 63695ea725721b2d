// Moves a bias before the reshape that follows a matrix product: Reshape(MatMul) + b becomes Reshape(MatMul + b), since
// TensorFlow fuses a bias, and an activation after it, only with a product right before.
// Invariant: the numbers are the same bit by bit; a product or reshape that somebody else reads is left alone.
// Method: the three nodes keep their names and places but one, so that no other node changes: the sum becomes the
// reshape, the reshape the sum.
import type { TfAttribute, TfGraph, TfNode, TfValue } from "./graph.ts";

interface Match {
  readonly product: TfValue;
  readonly reshape: TfNode;
  readonly sum: TfNode;
  readonly bias: TfValue;
}

/** The graph with every such bias moved. */
export function fuseBias(graph: TfGraph): TfGraph {
  const readers = countReaders(graph);
  const fused = new Map<TfNode, readonly TfNode[]>();
  const gone = new Set<TfNode>();
  for (const node of graph.nodes) {
    const match = matchOf(node, readers);
    if (!match) continue;
    gone.add(match.reshape);
    fused.set(match.sum, rebuilt(match));
  }
  if (fused.size === 0) return graph;
  return replaceNodes(graph, fused, gone);
}

function matchOf(sum: TfNode, readers: ReadonlyMap<TfNode, number>): Match | undefined {
  if (sum.op !== "AddV2") return undefined;
  for (const [index, value] of sum.inputs.entries()) {
    const reshape = value.node;
    const product = reshape.inputs[0];
    const bias = sum.inputs[1 - index];
    if (reshape.op !== "Reshape" || product?.node.op !== "MatMul" || !bias) continue;
    const alone = readers.get(reshape) === 1 && readers.get(product.node) === 1;
    if (alone && isBias(bias.node, product.node)) return { product, reshape, sum, bias };
  }
  return undefined;
}

/** Whether the vector `bias` has an element for every column of the product, so that it only broadcasts over rows. */
function isBias(bias: TfNode, product: TfNode): boolean {
  const weight = product.inputs[1] && constantShape(product.inputs[1].node);
  const vector = constantShape(bias);
  const turned = product.attributes.get("transpose_b");
  const columns = weight?.[turned?.kind === "bool" && turned.value ? 0 : 1];
  return vector?.length === 1 && columns !== undefined && vector[0] === columns;
}

/** The sizes of a constant or a weight. */
function constantShape(node: TfNode): readonly number[] | undefined {
  const shape = node.op === "ReadVariableOp" ? node.inputs[0]?.node.attributes.get("shape") : undefined;
  const value = node.attributes.get("value");
  return shape?.kind === "shape" ? shape.value : value?.kind === "tensor" ? value.value.shape : undefined;
}

/** BiasAdd under the reshape's name, then the reshape under the sum's, which others read. */
function rebuilt({ product, reshape, sum, bias }: Match): readonly TfNode[] {
  const dtype: TfAttribute = { kind: "type", value: product.dtype };
  const name = `${reshape.name}/BiasAdd`;
  const added: TfNode = {
    name,
    op: "BiasAdd",
    inputs: [product, bias],
    controls: [],
    attributes: new Map([["T", dtype]]),
  };
  const value: TfValue = { node: added, index: 0, dtype: product.dtype, port: "output:0" };
  const shaped = { ...reshape, name: sum.name, inputs: [value, ...reshape.inputs.slice(1)] };
  return [added, shaped];
}

/** Puts nodes in the place of others; the last of each list is what readers of the old node read. */
function replaceNodes(
  graph: TfGraph,
  fused: ReadonlyMap<TfNode, readonly TfNode[]>,
  gone: ReadonlySet<TfNode>,
): TfGraph {
  const current = new Map<TfNode, TfNode>();
  const follow = (value: TfValue): TfValue => {
    const node = current.get(value.node);
    return node ? { ...value, node, port: node.op === "Reshape" ? "output:0" : value.port } : value;
  };
  const nodes: TfNode[] = [];
  for (const node of graph.nodes) {
    if (gone.has(node)) continue;
    for (const made of fused.get(node) ?? [node]) {
      const moved = made.inputs.some((input) => current.has(input.node));
      const kept = moved ? { ...made, inputs: made.inputs.map(follow) } : made;
      nodes.push(kept);
      if (kept !== made) current.set(made, kept);
      if (kept !== node) current.set(node, kept);
    }
  }
  const endpoint = <T extends { readonly value: TfValue }>(end: T): T => ({
    ...end,
    value: follow(end.value),
  });
  return { ...graph, nodes, inputs: graph.inputs.map(endpoint), outputs: graph.outputs.map(endpoint) };
}

function countReaders(graph: TfGraph): Map<TfNode, number> {
  const readers = new Map<TfNode, number>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) readers.set(input.node, (readers.get(input.node) ?? 0) + 1);
  }
  return readers;
}
