// For tests of passes: text in, text out.
import { inferTypes } from "../../graph/infer-types.ts";
import { parseGraph, printGraph } from "../../graph/text.ts";
import { verifyGraph } from "../../graph/verify.ts";
import type { Pass, PassOptions } from "../pass.ts";
import { REMOVE_DEAD_NODES } from "../remove-dead-nodes.ts";
import { explain, type Rewrite, rewritePass } from "../rewrite.ts";

/** The statements of the graph after one pass, without types; throws if the graph is not sound. */
export function afterPass(pass: Pass, text: string, options: PassOptions = {}): string[] {
  const graph = parseGraph(text);
  const typed = inferTypes(graph);
  pass.run(graph, typed, options);
  REMOVE_DEAD_NODES.run(graph, typed, options);
  const [problem] = verifyGraph(graph);
  if (problem) throw new Error(problem.message);
  return printGraph(graph, { types: false })
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim());
}

/** The same for one rewrite. */
export function afterRewrite(rewrite: Rewrite, text: string): string[] {
  return afterPass(rewritePass("test", [rewrite], { requires: [], ensures: [] }), text);
}

/** Why a rewrite refuses what stands in the graph. */
export function refusals(rewrite: Rewrite, text: string): string[] {
  const graph = parseGraph(text);
  return explain(rewrite, { graph, typed: inferTypes(graph) });
}
