// Lets equal constants be one value: the same tensor, or scalars and small integer tensors with the same bytes.
// Weights are compared by identity alone: none is read, and each keeps its name.
import type { Value } from "../graph/graph.ts";
import { isInteger } from "../tensor/dtype.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { Pass } from "./pass.ts";

/** Shapes and axes are this small. */
const MAX_COMPARED_BYTES = 256;

export const MERGE_CONSTANTS: Pass = {
  name: "merge equal constants",
  requires: ["constants are initializers"],
  ensures: ["equal constants are one"],
  run(graph) {
    const byTensor = new Map<Tensor, Value>();
    const byContents = new Map<string, Value>();
    let changes = 0;
    for (const node of graph.nodes) {
      for (const [index, value] of node.inputs.entries()) {
        const tensor = value?.initializer;
        if (!tensor) continue;
        const first = firstOf(value, tensor, byTensor, byContents);
        if (first === value) continue;
        graph.setInput(node, index, first);
        changes++;
      }
    }
    return changes;
  },
};

function firstOf(
  value: Value,
  tensor: Tensor,
  byTensor: Map<Tensor, Value>,
  byContents: Map<string, Value>,
): Value {
  const known = byTensor.get(tensor);
  if (known) return known;
  const key = isComparable(tensor) ? contentsKey(tensor) : undefined;
  const first = (key === undefined ? undefined : byContents.get(key)) ?? value;
  byTensor.set(tensor, first);
  if (key !== undefined) byContents.set(key, first);
  return first;
}

function isComparable(tensor: Tensor): boolean {
  if (tensor.strings || tensor.byteLength > MAX_COMPARED_BYTES) return false;
  return elementCount(tensor.shape) === 1 || isInteger(tensor.dtype) || tensor.dtype === "bool";
}

const keys = new WeakMap<Tensor, string>();

/** Type and bytes as text; equal for equal constants. Also what merging equal nodes compares. */
export function contentsKey(tensor: Tensor): string {
  let key = keys.get(tensor);
  if (key === undefined) {
    key = `${tensor.dtype}[${tensor.shape.join()}]${Buffer.from(tensor.read()).toString("base64")}`;
    keys.set(tensor, key);
  }
  return key;
}
