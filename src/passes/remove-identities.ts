// Removes nodes that hand an input on unchanged: Identity, Dropout at inference, a Cast to the same type, Reshape,
// Expand, Transpose, Slice, Pad, Concat and others where types show that nothing happens, arithmetic with 1 or 0.
// An Identity between an input (or constant, or another output) and an output stays: both names are the user's.

import { sameShape } from "../graph/dim.ts";
import { attributeOf, type Graph, type Node, type Value } from "../graph/graph.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { numbersIn, scalarIn, splitScalar } from "./constants.ts";
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
  const [output, ...others] = node.outputs;
  if (node.domain !== "" || !output || output.producer !== node) return false;
  if (others.some((other) => other && other.consumers.size > 0)) return false;
  if (others.some((other) => other && graph.outputs.includes(other))) return false;
  const kept = passedOn(node, typed);
  return kept !== undefined && replaceValue(graph, output, kept);
}

/** The input that comes out unchanged, if one does. */
function passedOn(node: Node, typed: TypedGraph): Value | undefined {
  const [input] = node.inputs;
  if (IDENTITIES.get(node.op)?.(node, typed)) return input;
  const operand = NEUTRAL.get(node.op)?.(node);
  return operand && sameType(operand, node.outputs[0], typed) ? operand : undefined;
}

/** Arithmetic with 1 or 0: the operand that comes out, if it has the result's shape. */
const NEUTRAL: ReadonlyMap<string, (node: Node) => Value | undefined> = new Map([
  ["Mul", (node) => operandBeside(node, 1)],
  ["Add", (node) => operandBeside(node, 0)],
  ["Div", (node) => (scalarIn(node.inputs[1]) === 1 ? node.inputs[0] : undefined)],
  ["Sub", (node) => (scalarIn(node.inputs[1]) === 0 ? node.inputs[0] : undefined)],
]);

function operandBeside(node: Node, neutral: number): Value | undefined {
  const parts = splitScalar(node);
  return parts && parts[1] === neutral ? parts[0] : undefined;
}

type Test = (node: Node, typed: TypedGraph) => boolean;

const always: Test = () => true;

const keepsShape: Test = (node, typed) => sameType(node.inputs[0], node.outputs[0], typed);

function sameType(a: Value | undefined, b: Value | undefined, typed: TypedGraph): boolean {
  const [from, to] = [a, b].map((value) => value && typed.knownType(value));
  if (from?.kind !== "tensor" || to?.kind !== "tensor" || !from.shape || !to.shape) return false;
  return from.dtype === to.dtype && sameShape(from.shape, to.shape);
}

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
