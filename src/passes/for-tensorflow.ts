// The last change before lowering: forms that are best in onnxruntime and not in TensorFlow. It works on a copy, since
// the graph itself is written as model.onnx; weights are shared.
// Not here: what is better in both (optimize.ts).
import { copyGraph } from "../graph/copy-graph.ts";
import { inferTypes } from "../graph/infer-types.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { REMOVE_DEAD_NODES } from "./remove-dead-nodes.ts";
import { rewritePass } from "./rewrite.ts";
import { GROUP_NORM } from "./rewrites/group-norm.ts";

const REWRITES = [GROUP_NORM];
const PASS = rewritePass("for TensorFlow", REWRITES, { requires: [], ensures: [] });

/** The graph as TensorFlow runs it best: the given one where nothing is to change. */
export function forTensorFlow(typed: TypedGraph): TypedGraph {
  const { graph } = typed;
  const found = graph.nodes.some((node) =>
    REWRITES.some((rewrite) => rewrite.ops.includes(node.op) && rewrite.propose(node, { graph, typed })),
  );
  if (!found) return typed;
  const copy = copyGraph(graph).graph;
  PASS.run(copy, inferTypes(copy), {});
  const changed = inferTypes(copy);
  REMOVE_DEAD_NODES.run(copy, changed, {});
  return changed;
}
