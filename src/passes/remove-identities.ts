// Removes nodes that hand an input on unchanged: Identity, Dropout at inference, a Cast to the same type, Reshape,
// Expand, Transpose, Slice, Pad, Concat and others where types show that nothing happens, arithmetic with 1 or 0.
// An Identity between an input (or constant, or another output) and an output stays: both names are the user's.
// Not here: which operators can do nothing, which is in their entries (`passesOn` in graph/operators).
import { sameShape } from "../graph/dim.ts";
import type { Graph, Node, Value } from "../graph/graph.ts";
import { type Knowledge, knowledgeOf, NodeContext } from "../graph/infer-context.ts";
import { definitionOf } from "../graph/operators/index.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import type { Pass } from "./pass.ts";
import { replaceValue } from "./replace-value.ts";

export const REMOVE_IDENTITIES: Pass = {
  name: "remove identities",
  requires: ["constants are initializers"],
  ensures: ["no identities"],
  run(graph, typed) {
    const knowledge = knowledgeOf(typed);
    let changes = 0;
    for (const node of [...graph.nodes]) {
      const [output, ...others] = node.outputs;
      if (!output || output.producer !== node || others.some((other) => isUsed(graph, other))) continue;
      const kept = passedOn(node, output, typed, knowledge);
      if (kept && replaceValue(graph, output, kept)) changes++;
    }
    return changes;
  },
};

function isUsed(graph: Graph, value: Value | undefined): boolean {
  return value !== undefined && (value.consumers.size > 0 || graph.outputs.includes(value));
}

/** The input that comes out unchanged, if one does. */
function passedOn(node: Node, output: Value, typed: TypedGraph, knowledge: Knowledge): Value | undefined {
  const definition = definitionOf(node);
  const found = definition?.passesOn?.(new NodeContext(node, definition, knowledge));
  const input = found && node.inputs[found.input];
  return input && (found.always || sameType(input, output, typed)) ? input : undefined;
}

function sameType(a: Value, b: Value, typed: TypedGraph): boolean {
  const [from, to] = [typed.knownType(a), typed.knownType(b)];
  if (from?.kind !== "tensor" || to?.kind !== "tensor" || from.dtype !== to.dtype) return false;
  return from.shape !== undefined && to.shape !== undefined && sameShape(from.shape, to.shape);
}
