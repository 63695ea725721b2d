// Where every weight stands in the data files that TensorFlow and onnxruntime share.
// Layout: a weight that both want in the same order stands once; its permutations follow it, so that it is read once.
// What ONNX refers to begins at a page, so that engines can map it; gaps are zeros. A file ends where the next weight with
// its permutations would pass the limit; only a weight that is larger itself makes a larger file.
// Not here: writing (write-weights.ts).
import { type Graph, subgraphsOf, type Value } from "../graph/graph.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TfVariable } from "../tensorflow/graph.ts";
import { originOf, StorageKeys } from "./storage.ts";

/** The offset of an external initializer is a multiple of this: a page of memory. */
export const PAGE_BYTES = 4096;
/** Smaller initializers stay inside model.onnx. */
export const EXTERNAL_MIN_BYTES = 4096;
/** TensorFlow reads its tensors from any offset; this keeps elements aligned. */
const ELEMENT_BYTES = 64;

/** One run of bytes in a data file. */
export interface Blob {
  readonly tensor: Tensor;
  /** Which data file, from 0. */
  readonly shard: number;
  readonly offset: number;
  readonly byteLength: number;
  /** Checkpoint entries that stand here. */
  readonly variables: readonly TfVariable[];
}

/** One data file: its blobs in the order in which they stand. */
export interface Shard {
  readonly blobs: readonly Blob[];
  readonly byteLength: number;
}

export interface WeightPlan {
  /** At least one, which may be empty. */
  readonly shards: readonly Shard[];
  /** Bytes of all data files together. */
  readonly byteLength: number;
  /** Where an ONNX initializer stands; undefined if inside the model. */
  place(tensor: Tensor): Place | undefined;
  /** Which data file holds a variable. */
  shardOf(variable: TfVariable): number;
}

export interface Place {
  readonly shard: number;
  readonly offset: number;
  readonly length: number;
}

interface Group {
  readonly key: string;
  readonly tensor: Tensor;
  external: boolean;
  readonly variables: TfVariable[];
}

/**
 * Lays out the initializers of a graph, or of several that share them, and the variables of its TensorFlow form, in files
 * of at most `shardBytes` where no weight is larger.
 */
export function planWeights(
  graphs: Graph | readonly Graph[],
  variables: readonly TfVariable[],
  shardBytes = Number.POSITIVE_INFINITY,
): WeightPlan {
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
  const placed = layOut([...groups.values()], keys, shardBytes);
  const shards = shardsOf([...placed.values()]);
  return {
    shards,
    byteLength: shards.reduce((sum, shard) => sum + shard.byteLength, 0),
    place(tensor) {
      const blob = isExternal(tensor) ? placed.get(keys.keyOf(tensor)) : undefined;
      return blob && { shard: blob.shard, offset: blob.offset, length: blob.byteLength };
    },
    shardOf: ({ tensor }) => placed.get(keys.keyOf(tensor))?.shard ?? 0,
  };
}

function shardsOf(blobs: readonly Blob[]): Shard[] {
  const count = (blobs.at(-1)?.shard ?? 0) + 1;
  const shards = Array.from({ length: count }, (): { blobs: Blob[]; byteLength: number } => {
    return { blobs: [], byteLength: 0 };
  });
  for (const blob of blobs) {
    const shard = shards[blob.shard];
    shard?.blobs.push(blob);
    if (shard) shard.byteLength = blob.offset + blob.byteLength;
  }
  return shards;
}

function isExternal(tensor: Tensor): boolean {
  return tensor.byteLength >= EXTERNAL_MIN_BYTES && tensor.dtype !== "string";
}

/** By storage, in order of appearance, permutations of a tensor right after it. */
function layOut(groups: readonly Group[], keys: StorageKeys, shardBytes: number): Map<string, Blob> {
  const families = new Map<string, Group[]>();
  for (const group of groups) {
    const key = keys.keyOf(originOf(group.tensor));
    const family = families.get(key) ?? [];
    families.set(key, family);
    family.push(group);
  }
  const placed = new Map<string, Blob>();
  let shard = 0;
  let end = 0;
  const makeRoom = (wanted: number) => {
    if (end === 0 || roundUp(end, PAGE_BYTES) + wanted <= shardBytes) return;
    shard += 1;
    end = 0;
  };
  for (const family of families.values()) {
    makeRoom(family.reduce((sum, { tensor }) => sum + roundUp(tensor.byteLength, PAGE_BYTES), 0));
    for (const { key, tensor, external, variables } of family) {
      makeRoom(roundUp(tensor.byteLength, PAGE_BYTES));
      const offset = roundUp(end, external ? PAGE_BYTES : ELEMENT_BYTES);
      end = offset + tensor.byteLength;
      placed.set(key, { tensor, shard, offset, byteLength: tensor.byteLength, variables });
    }
  }
  return placed;
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
