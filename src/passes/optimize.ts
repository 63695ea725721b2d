// The passes in their order, run until none changes anything.
// Not here: what each does (the files beside this one), which TensorFlow operators come of it (tensorflow/).
import { type Graph, type Node, subgraphsOf, usesOf } from "../graph/graph.ts";
import { inferTypes } from "../graph/infer-types.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { FOLD_BATCH_NORM } from "./fold-batch-norm.ts";
import { FOLD_CONSTANTS } from "./fold-constants.ts";
import { FOLD_WITH_ENGINE } from "./fold-with-engine.ts";
import { INLINE_BRANCHES } from "./inline-branches.ts";
import { MERGE_CONSTANTS } from "./merge-constants.ts";
import { MERGE_EQUAL_NODES } from "./merge-equal-nodes.ts";
import type { Pass, PassOptions } from "./pass.ts";
import { REMOVE_DEAD_NODES } from "./remove-dead-nodes.ts";
import { REMOVE_IDENTITIES } from "./remove-identities.ts";
import { rewritePass } from "./rewrite.ts";
import { FUSIONS, SEQUENCES, SIMPLIFICATIONS, UNFOLDINGS } from "./rewrites/index.ts";

const CLEAN = ["constants are initializers", "no identities", "equal constants are one"] as const;

export const PASSES: readonly Pass[] = [
  REMOVE_DEAD_NODES,
  FOLD_CONSTANTS,
  FOLD_WITH_ENGINE,
  INLINE_BRANCHES,
  rewritePass("take sequences apart", SEQUENCES, { requires: ["constants are initializers"], ensures: [] }),
  REMOVE_IDENTITIES,
  MERGE_CONSTANTS,
  MERGE_EQUAL_NODES,
  rewritePass("unfold matrices", UNFOLDINGS, { requires: CLEAN, ensures: [] }),
  rewritePass("simplify", SIMPLIFICATIONS, { requires: CLEAN, ensures: [] }),
  rewritePass("fuse", FUSIONS, { requires: CLEAN, ensures: [] }),
  rewritePass("fold batch normalization", [FOLD_BATCH_NORM], { requires: CLEAN, ensures: [] }),
];

/** Every change removes work, so real models settle in three or four rounds; this bounds passes that undo each other. */
const MAX_ROUNDS = 16;

/**
 * Simplifies the graph in place and returns it with its types. Graph inputs and outputs keep names and order.
 * Throws NODE_ILL_TYPED for graphs whose nodes do not fit together.
 */
export function optimize(graph: Graph, options: PassOptions = {}): TypedGraph {
  let typed = inferTypes(graph);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (runRound(graph, typed, options) === 0) break;
    typed = inferTypes(graph);
  }
  REMOVE_DEAD_NODES.run(graph, typed, options);
  declareTypes(graph, typed);
  return typed;
}

/** Leaves what is known at the values, for those who see only the graph. */
function declareTypes(graph: Graph, typed: TypedGraph): void {
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output) output.type = typed.knownType(output);
    for (const inner of subgraphsOf(node)) declareTypes(inner, typed);
  }
}

function runRound(graph: Graph, typed: TypedGraph, options: PassOptions): number {
  let changes = 0;
  for (const pass of PASSES) changes += pass.run(graph, typed, options);
  for (const node of graph.nodes) changes += runInside(node, typed, options);
  return changes;
}

/** Runs the passes on a node's subgraphs, then counts anew what the node takes from outside. */
function runInside(node: Node, typed: TypedGraph, options: PassOptions): number {
  const subgraphs = subgraphsOf(node);
  if (subgraphs.length === 0) return 0;
  const before = usesOf(node);
  let changes = 0;
  for (const inner of subgraphs) changes += runRound(inner, typed, options);
  for (const value of before) value.consumers.delete(node);
  for (const value of usesOf(node)) value.consumers.add(node);
  return changes;
}
