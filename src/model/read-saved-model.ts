// Reads saved_model.pb: the tags, signatures and operators of each of its graphs.
// Source: saved_model.proto, meta_graph.proto and graph.proto of TensorFlow.
// Invariant: signatures, their tensors and the operators are sorted by name (code points), whatever the file's order.
// Not here: weights (bytes/tensor-bundle), running (engine/), printing (cli/show).
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type GraphDef,
  type MetaGraphDef,
  type NodeDef,
  type SavedModel,
  SavedModelSchema,
  type SignatureDef,
  type TensorInfo,
  TensorProtoSchema,
  type TensorShapeProto,
} from "../bytes/protobuf/generated/tensorflow_pb.ts";
import { tensorflowDtype } from "../bytes/protobuf/tensorflow-dtypes.ts";
import { fail } from "../core/errors.ts";
import type { Signature, TensorSpec } from "./signature.ts";

export interface SavedModelSummary {
  readonly metaGraphs: readonly MetaGraphSummary[];
}

/** One graph of a SavedModel, as the tools print it. */
export interface MetaGraphSummary {
  /** Such as `serve`, in the file's order. */
  readonly tags: readonly string[];
  readonly signatures: readonly Signature[];
  /** The operators that the graph uses, also inside the functions it calls; each once. */
  readonly ops: readonly string[];
  /** Whether TensorFlow 2's object graph is there; tf.saved_model.load then restores functions by it. */
  readonly hasObjectGraph: boolean;
}

/**
 * Reads the bytes of a saved_model.pb; `name` is what messages call it.
 * Throws SAVED_MODEL_BROKEN if they are not a SavedModel or hold no graph.
 */
export function readSavedModel(bytes: Uint8Array, name: string): SavedModelSummary {
  const { metaGraphs } = decode(bytes, name);
  if (metaGraphs.length === 0) fail("SAVED_MODEL_BROKEN", { file: name, reason: "it holds no graph" });
  return { metaGraphs: metaGraphs.map(summarize) };
}

function decode(bytes: Uint8Array, name: string): SavedModel {
  try {
    return fromBinary(SavedModelSchema, bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail("SAVED_MODEL_BROKEN", { file: name, reason }, error);
  }
}

function summarize(metaGraph: MetaGraphDef): MetaGraphSummary {
  const signatures = sortedEntries(metaGraph.signatureDef).map(([name, def]) => signature(name, def));
  return {
    tags: metaGraph.metaInfoDef?.tags ?? [],
    signatures,
    ops: metaGraph.graphDef ? usedOperators(metaGraph.graphDef) : [],
    hasObjectGraph: metaGraph.objectGraphDef.byteLength > 0,
  };
}

function signature(name: string, def: SignatureDef): Signature {
  const defaults = sortedEntries(def.defaults).map(
    ([key, tensor]) => [key, toBinary(TensorProtoSchema, tensor)] as const,
  );
  return {
    name,
    inputs: sortedEntries(def.inputs).map(([key, info]) => tensorSpec(key, info)),
    outputs: sortedEntries(def.outputs).map(([key, info]) => tensorSpec(key, info)),
    methodName: def.methodName,
    ...(defaults.length > 0 ? { defaults: new Map(defaults) } : {}),
  };
}

function tensorSpec(key: string, info: TensorInfo): TensorSpec {
  return {
    key,
    tensorName: info.encoding.case === "name" ? info.encoding.value : "",
    dtype: tensorflowDtype(info.dtype),
    tensorflowDtype: info.dtype,
    shape: shapeOf(info.tensorShape),
  };
}

/** A shape that is not there means a scalar, as it does to TensorFlow. */
function shapeOf(shape: TensorShapeProto | undefined): number[] | undefined {
  if (shape?.unknownRank) return undefined;
  return (shape?.dim ?? []).map((dim) => Number(dim.size));
}

const CALLS = new Set(["PartitionedCall", "StatefulPartitionedCall"]);

/** Operators of the graph and of the functions reachable from it; functions themselves do not count. */
function usedOperators(graph: GraphDef): string[] {
  const functions = new Map((graph.library?.function ?? []).map((def) => [def.signature?.name ?? "", def]));
  const used = new Set<string>();
  const pending: (readonly NodeDef[])[] = [graph.node];
  const use = (op: string): void => {
    if (used.has(op)) return;
    used.add(op);
    const called = functions.get(op);
    if (called) pending.push(called.nodeDef);
  };
  for (let nodes = pending.pop(); nodes; nodes = pending.pop()) {
    for (const node of nodes) {
      use(node.op);
      if (CALLS.has(node.op)) use(calledFunction(node));
    }
  }
  return [...used].filter((op) => op !== "" && !functions.has(op)).sort(byCodePoint);
}

function calledFunction(node: NodeDef): string {
  const value = node.attr["f"]?.value;
  return value?.case === "func" ? value.value.name : "";
}

function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => byCodePoint(a, b));
}

/** Python's order of strings. JavaScript's `<` compares UTF-16 units, which differs above U+FFFF. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
