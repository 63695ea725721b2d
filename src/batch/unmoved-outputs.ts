// Outputs that depend on no input, such as reference points computed from weights. Where one has an axis of
// the file's size, the file does not say whether that is the batch: the program may have repeated it for each sample, or
// hold a table that happens to be of this size. Numbers tell neither, since it is the same for all inputs.
import type { Dim } from "../graph/dim.ts";
import { type Graph, type Node, usesOf, type Value } from "../graph/graph.ts";

export interface UnmovedOutput {
  readonly name: string;
  /** What makes it; undefined for constants. */
  readonly node: Node | undefined;
  /** The axis that may be the batch. */
  readonly axis: number;
}

/** The first such output; `size` is what the file fixes the batch to. */
export function unmovedOutput(
  graph: Graph,
  size: number,
  shapeOf: (value: Value) => readonly Dim[] | undefined,
): UnmovedOutput | undefined {
  const moved = new Set<Value>(graph.inputs);
  for (const node of graph.nodes) {
    if (![...usesOf(node)].some((value) => moved.has(value))) continue;
    for (const output of node.outputs) if (output) moved.add(output);
  }
  for (const output of graph.outputs) {
    const axis = moved.has(output) ? -1 : (shapeOf(output)?.indexOf(size) ?? -1);
    if (axis >= 0) return { name: output.name, node: output.producer, axis };
  }
  return undefined;
}
