// The contract of a rewrite: one local pattern, found at its last node. `explain` says why a pattern did not fire.
// Not here: the list of rewrites (rewrites/index.ts).
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, Node, Value } from "../graph/graph.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import type { Pass } from "./pass.ts";
import { isOutput, replaceValue } from "./replace-value.ts";

/** What a rewrite may ask about its surroundings. */
export interface Scene {
  readonly graph: Graph;
  readonly typed: TypedGraph;
}

export interface Pattern<Match> {
  readonly name: string;
  /** Operators of the node where the pattern ends. */
  readonly ops: readonly string[];
  /** The parts of the pattern that ends at `node`; undefined if it is another pattern. */
  match(node: Node, scene: Scene): Match | undefined;
  /** Why a pattern that matches may not be rewritten; undefined if it may. */
  refuse?(match: Match, scene: Scene): string | undefined;
  /** Builds what replaces the node's first output, before the node. */
  rewrite(match: Match, build: GraphBuilder): Value;
}

/** A pattern found in a graph. */
export interface Proposal {
  readonly refusal: string | undefined;
  rewrite(build: GraphBuilder): Value;
}

/** A pattern whose parts are its own affair. */
export interface Rewrite {
  readonly name: string;
  readonly ops: readonly string[];
  propose(node: Node, scene: Scene): Proposal | undefined;
}

export function defineRewrite<Match>(pattern: Pattern<Match>): Rewrite {
  return {
    name: pattern.name,
    ops: pattern.ops,
    propose(node, scene) {
      const match = pattern.match(node, scene);
      if (match === undefined) return undefined;
      return {
        refusal: pattern.refuse?.(match, scene),
        rewrite: (build) => pattern.rewrite(match, build),
      };
    },
  };
}

/** Whether `user` alone reads the value, so that its node goes when `user` goes. */
export function onlyUsedBy(scene: Scene, value: Value, user: Node): boolean {
  return value.consumers.size === 1 && value.consumers.has(user) && !isOutput(scene.graph, value);
}

/** A pass that tries rewrites at every node, in order. */
export function rewritePass(
  name: string,
  rewrites: readonly Rewrite[],
  contract: Pick<Pass, "requires" | "ensures">,
): Pass {
  const byOp = new Map<string, Rewrite[]>();
  for (const rewrite of rewrites) {
    for (const op of rewrite.ops) byOp.set(op, [...(byOp.get(op) ?? []), rewrite]);
  }
  return {
    name,
    ...contract,
    run(graph, typed) {
      let changes = 0;
      for (const node of [...graph.nodes]) {
        const candidates = node.domain === "" ? byOp.get(node.op) : undefined;
        if (candidates?.some((rewrite) => apply(rewrite, node, { graph, typed }))) changes++;
      }
      return changes;
    },
  };
}

function apply(rewrite: Rewrite, node: Node, scene: Scene): boolean {
  const [output] = node.outputs;
  if (!output || output.producer !== node) return false;
  const proposal = rewrite.propose(node, scene);
  if (!proposal || proposal.refusal !== undefined) return false;
  const fresh = proposal.rewrite(new GraphBuilder(scene.graph, node));
  fresh.type ??= scene.typed.knownType(output);
  return replaceValue(scene.graph, output, fresh);
}

/** For people and tests: every place where the pattern stands but may not be rewritten, and why. */
export function explain(rewrite: Rewrite, scene: Scene): string[] {
  return scene.graph.nodes.flatMap((node) => {
    const refusal = rewrite.ops.includes(node.op) ? rewrite.propose(node, scene)?.refusal : undefined;
    return refusal === undefined ? [] : [`${rewrite.name}: ${refusal}`];
  });
}
