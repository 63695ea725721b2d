// Removes nodes whose results nobody reads. ONNX operators have no side effects.
import { type Node, usesOf } from "../graph/graph.ts";
import type { Pass } from "./pass.ts";

export const REMOVE_DEAD_NODES: Pass = {
  name: "remove dead nodes",
  requires: [],
  ensures: ["no dead nodes"],
  run(graph) {
    const outputs = new Set(graph.outputs);
    const kept: Node[] = [];
    for (const node of graph.nodes.toReversed()) {
      if (node.outputs.some((output) => output && (output.consumers.size > 0 || outputs.has(output))))
        kept.push(node);
      else forget(node);
    }
    const removed = graph.nodes.length - kept.length;
    if (removed > 0) graph.nodes = kept.reverse();
    return removed;
  },
};

/** Uncounts a node's uses; the caller drops it from the list, all at once. */
function forget(node: Node): void {
  for (const value of usesOf(node)) value.consumers.delete(node);
  for (const output of node.outputs) if (output) output.producer = undefined;
}
