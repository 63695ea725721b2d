// Removes nodes that hand their first input on unchanged: Identity, Dropout at inference, a Cast to the same type,
// and Reshape, Expand, Transpose, Slice, Pad, Concat and others where types show that nothing happens.
// An Identity between an input (or constant, or another output) and an output stays: both names are the user's.

import { sameShape } from "../graph/dim.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { attributeOf } from "../graph/graph.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { numbersIn, scalarIn } from "./constants.ts";
import type { Pass } from "./pass.ts";
import { replaceValue } from "./replace-value.ts";

export const REMOVE_IDENTITIES: Pass = {
  name: "remove identities",
  requires: ["constants are initializers"],
  ensures: ["no identities"],
  run(graph, typed) {
    let changes = 0;
    for (const node of [...graph.nodes]) if (bypass(graph, node, typed)) changes++;
    return changes;
  },
};

function bypass(graph: Graph, node: Node, typed: TypedGraph): boolean {
  const [input] = node.inputs;
  const [output, ...others] = node.outputs;
  if (node.domain !== "" || !input || !output || output.producer !== node) return false;
  if (others.some((other) => other && other.consumers.size > 0)) return false;
  if (others.some((other) => other && graph.outputs.includes(other))) return false;
  return (IDENTITIES.get(node.op)?.(node, typed) ?? false) && replaceValue(graph, output, input);
}

type Test = (node: Node, typed: TypedGraph) => boolean;

const always: Test = () => true;

const keepsShape: Test = (node, typed) => {
  const [from, to] = [node.inputs[0], node.outputs[0]].map((value) => value && typed.knownType(value));
  if (from?.kind !== "tensor" || to?.kind !== "tensor" || !from.shape || !to.shape) return false;
  return from.dtype === to.dtype && sameShape(from.shape, to.shape);
};

const allZero: Test = (node) => numbersIn(node.inputs[1])?.every((pad) => pad === 0) ?? false;

/** Which operators can be identities, and when they are. */
const IDENTITIES: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["Identity", always],
  ["Dropout", (node) => !node.inputs[2] || scalarIn(node.inputs[2]) === 0],
  ["Cast", sameDtype],
  ["CastLike", sameDtype],
  ["Reshape", keepsShape],
  ["Flatten", keepsShape],
  ["Expand", keepsShape],
  ["Squeeze", keepsShape],
  ["Unsqueeze", keepsShape],
  ["Tile", keepsShape],
  ["Concat", (node) => node.inputs.length === 1],
  ["Split", (node, typed) => node.outputs.length === 1 && keepsShape(node, typed)],
  ["Sum", (node) => node.inputs.length === 1],
  ["Max", (node) => node.inputs.length === 1],
  ["Min", (node) => node.inputs.length === 1],
  ["Pad", allZero],
  ["Slice", (node, typed) => keepsShape(node, typed) && forward(node)],
  ["Transpose", (node) => attributeOf(node, "perm", "ints")?.every((axis, index) => axis === index) ?? false],
]);

function sameDtype(node: Node, typed: TypedGraph): boolean {
  const [from, to] = [node.inputs[0], node.outputs[0]].map((value) => value && typed.knownType(value));
  return from?.kind === "tensor" && to?.kind === "tensor" && from.dtype === to.dtype;
}

/** A slice that keeps the size may still turn an axis round. */
function forward(node: Node): boolean {
  return !node.inputs[4] || (numbersIn(node.inputs[4])?.every((step) => step > 0) ?? false);
}
