// Where every weight stands in the one data file that TensorFlow and onnxruntime share.
// Layout: a weight that both want in the same order stands once; its permutations follow it, so that it is read once.
// What ONNX refers to begins at a page, so that engines can map it; gaps are zeros.
// Not here: writing (write-weights.ts).
import { type Graph, subgraphsOf, type Value } from "../graph/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TfVariable } from "../tensorflow/graph.ts";
import { StorageKeys } from "./storage.ts";

/** The offset of an external initializer is a multiple of this: a page of memory. */
export const PAGE_BYTES = 4096;
/** Smaller initializers stay inside model.onnx. */
export const EXTERNAL_MIN_BYTES = 4096;
/** TensorFlow reads its tensors from any offset; this keeps elements aligned. */
const ELEMENT_BYTES = 64;

/** One run of bytes in the data file. */
export interface Blob {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly byteLength: number;
  /** Checkpoint entries that stand here. */
  readonly variables: readonly TfVariable[];
}

export interface WeightPlan {
  readonly blobs: readonly Blob[];
  /** Length of the data file. */
  readonly byteLength: number;
  /** Where an ONNX initializer stands; undefined if inside the model. */
  place(tensor: Tensor): { readonly offset: number; readonly length: number } | undefined;
}

interface Group {
  readonly key: string;
  readonly tensor: Tensor;
  external: boolean;
  readonly variables: TfVariable[];
}

/** Lays out the initializers of a graph, or of several that share them, and the variables of its TensorFlow form. */
export function planWeights(graphs: Graph | readonly Graph[], variables: readonly TfVariable[]): WeightPlan {
  const keys = new StorageKeys();
  const groups = new Map<string, Group>();
  const groupOf = (tensor: Tensor): Group => {
    const key = keys.keyOf(tensor);
    const group = groups.get(key) ?? { key, tensor, external: false, variables: [] };
    groups.set(key, group);
    return group;
  };
  for (const { initializer } of [graphs].flat().flatMap((graph) => [...constantsOf(graph)])) {
    if (initializer && isExternal(initializer)) groupOf(initializer).external = true;
  }
  for (const variable of variables) groupOf(variable.tensor).variables.push(variable);
  const placed = layOut([...groups.values()], keys);
  const blobs = [...placed.values()];
  return {
    blobs,
    byteLength: blobs.reduce((end, blob) => Math.max(end, blob.offset + blob.byteLength), 0),
    place(tensor) {
      const blob = isExternal(tensor) ? placed.get(keys.keyOf(tensor)) : undefined;
      return blob && { offset: blob.offset, length: blob.byteLength };
    },
  };
}

function isExternal(tensor: Tensor): boolean {
  return tensor.byteLength >= EXTERNAL_MIN_BYTES && tensor.dtype !== "string";
}

/** By storage, in order of appearance, permutations of a tensor right after it. */
function layOut(groups: readonly Group[], keys: StorageKeys): Map<string, Blob> {
  const families = new Map<string, Group[]>();
  for (const group of groups) {
    const key = keys.keyOf(originOf(group.tensor));
    const family = families.get(key) ?? [];
    families.set(key, family);
    family.push(group);
  }
  const placed = new Map<string, Blob>();
  let end = 0;
  for (const { key, tensor, external, variables } of [...families.values()].flat()) {
    const offset = roundUp(end, external ? PAGE_BYTES : ELEMENT_BYTES);
    end = offset + tensor.byteLength;
    placed.set(key, { tensor, offset, byteLength: tensor.byteLength, variables });
  }
  return placed;
}

/** The tensor that is read to make this one. */
function originOf(tensor: Tensor): Tensor {
  const base = tensor.reshapeOf ?? tensor.transposeOf?.base;
  return base ? originOf(base) : tensor;
}

/** All constants that nodes of the graph and of its subgraphs read, in order of use. */
export function constantsOf(graph: Graph, found = new Set<Value>()): Set<Value> {
  const add = (value: Value | undefined) => {
    if (value?.initializer) found.add(value);
  };
  for (const node of graph.nodes) {
    for (const input of node.inputs) add(input);
    for (const inner of subgraphsOf(node)) constantsOf(inner, found);
  }
  for (const output of graph.outputs) add(output);
  return found;
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
