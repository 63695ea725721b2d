// The part of a graph that fills its variables from the checkpoint when the model is loaded.
// Layout: `save/Const` holds the checkpoint's path (the loader feeds it), RestoreV2 reads tensors by name,
// AssignVariableOp stores each, and `save/restore_all` runs after all of them. Loaders want it even without variables.
import { tensorFromStrings } from "../tensor/tensor.ts";
import { TfBuilder } from "./builder.ts";
import type { TfGraph, TfNode, TfVariable } from "./graph.ts";
import { NodeNames } from "./node-names.ts";

/** One RestoreV2 holds all its tensors until the last is read: several bound memory and run at once. */
const RESTORE_BYTES = 500 * 2 ** 20;

export interface Restorable {
  readonly graph: TfGraph;
  readonly filename: TfNode;
  readonly restoreAll: TfNode;
  /** The node that assigns each variable. */
  readonly assigned: ReadonlyMap<TfVariable, TfNode>;
}

/** Which data file of the checkpoint holds a variable. */
export type ShardOf = (variable: TfVariable) => number;

/** The graph with its restoring nodes added; each of them reads from one data file. */
export function withRestore(graph: TfGraph, shardOf: ShardOf = () => 0): Restorable {
  const names = new NodeNames();
  for (const node of graph.nodes) names.unique(node.name);
  const tf = new TfBuilder(names);
  tf.scope = "save";
  const filename = tf.op("Const", [], { dtype: "string", value: strings(["model"], []) });
  const assigned = new Map<TfVariable, TfNode>();
  for (const group of groupsOf(graph.variables, shardOf)) {
    const tensorNames = tf.op(
      "Const",
      [],
      { dtype: "string", value: strings(group.map(({ name }) => name)) },
      "names",
    );
    const slices = tf.op("Const", [], { dtype: "string", value: strings(group.map(() => "")) }, "slices");
    const dtypes = group.map(({ tensor }) => tensor.dtype);
    const restored = tf.ops("RestoreV2", [filename, tensorNames, slices], { dtypes });
    for (const [index, variable] of group.entries()) {
      const value = restored[index];
      const handle = { node: variable.handle, index: 0, dtype: "resource", port: "resource:0" } as const;
      if (value) assigned.set(variable, tf.control("AssignVariableOp", [handle, value], [], {}, "Assign"));
    }
  }
  const restoreAll = tf.control("NoOp", [], [...assigned.values()], {}, "restore_all");
  return {
    graph: { ...graph, nodes: [...graph.nodes, ...tf.nodes] },
    filename: filename.node,
    restoreAll,
    assigned,
  };
}

interface RestoreGroup {
  readonly variables: TfVariable[];
  bytes: number;
}

function groupsOf(variables: readonly TfVariable[], shardOf: ShardOf): TfVariable[][] {
  const open = new Map<number, RestoreGroup>();
  const groups: RestoreGroup[] = [];
  for (const variable of variables) {
    const shard = shardOf(variable);
    let group = open.get(shard);
    if (!group || group.bytes >= RESTORE_BYTES) {
      group = { variables: [], bytes: 0 };
      groups.push(group);
      open.set(shard, group);
    }
    group.variables.push(variable);
    group.bytes += variable.tensor.byteLength;
  }
  return groups.map((group) => group.variables);
}

function strings(texts: readonly string[], shape: readonly number[] = [texts.length]) {
  return tensorFromStrings(
    shape,
    texts.map((text) => Buffer.from(text)),
  );
}
