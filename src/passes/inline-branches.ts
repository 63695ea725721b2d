// An If whose condition is a constant becomes the branch it takes.
import { GraphBuilder } from "../graph/builder.ts";
import { attributeOf, type Graph, type Node, uncount, usesOf } from "../graph/graph.ts";
import { scalarIn } from "./constants.ts";
import type { Pass } from "./pass.ts";
import { replaceValue } from "./replace-value.ts";

export const INLINE_BRANCHES: Pass = {
  name: "inline branches",
  requires: ["constants are initializers"],
  ensures: [],
  run(graph) {
    let changes = 0;
    for (const node of [...graph.nodes]) {
      const condition = node.op === "If" && node.domain === "" ? scalarIn(node.inputs[0]) : undefined;
      if (condition === undefined) continue;
      inline(graph, node, condition === 0 ? "else_branch" : "then_branch");
      changes++;
    }
    return changes;
  },
};

function inline(graph: Graph, node: Node, taken: string): void {
  const branch = attributeOf(node, taken, "graph");
  if (!branch) return;
  for (const value of usesOf(node)) value.consumers.delete(node);
  for (const inner of branch.nodes.splice(0)) graph.insert(inner, node);
  const build = new GraphBuilder(graph, node);
  for (const [index, output] of node.outputs.entries()) {
    const result = branch.outputs[index];
    if (!output || !result) continue;
    // A name of the graph's output cannot pass to an input, a constant or another output.
    if (!replaceValue(graph, output, result)) replaceValue(graph, output, build.emit("Identity", [result]));
  }
  branch.outputs.length = 0;
  uncount(node);
  const at = graph.nodes.indexOf(node);
  if (at >= 0) graph.nodes.splice(at, 1);
}
