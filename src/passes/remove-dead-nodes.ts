// Removes nodes whose results nobody reads. ONNX operators have no side effects.
import { type Node, uncount } from "../graph/graph.ts";
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
      else uncount(node);
    }
    const removed = graph.nodes.length - kept.length;
    if (removed > 0) graph.nodes = kept.reverse();
    return removed;
  },
};
