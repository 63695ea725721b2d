// For tests: an ONNX graph in its text form, lowered and printed as one line a TensorFlow node.
import { inferTypes } from "../../graph/infer-types.ts";
import { parseGraph } from "../../graph/text.ts";
import { hasNumbers, numbersOf } from "../../tensor/numbers.ts";
import type { TfAttribute, TfGraph, TfNode, TfValue } from "../graph.ts";
import { lowerToTensorFlow } from "../lower/lower-to-tensorflow.ts";

/** Constants with more elements are printed by their shape alone. */
const MAX_PRINTED = 8;

export function lowered(text: string): TfGraph {
  return lowerToTensorFlow(inferTypes(parseGraph(text)), { file: "model.onnx" });
}

/** Each node but constants and endpoints: `op(inputs) {attributes}`; constants stand where they are used. */
export function loweredText(text: string): string[] {
  const graph = lowered(text);
  return graph.nodes.filter((node) => !isLeaf(node)).map(printNode);
}

const LEAVES = ["Const", "Placeholder", "VarHandleOp", "ReadVariableOp"];

function isLeaf(node: TfNode): boolean {
  return LEAVES.includes(node.op);
}

function printNode(node: TfNode): string {
  const attributes = [...node.attributes]
    .filter(([, { kind }]) => kind !== "type" && kind !== "types")
    .filter(([name]) => name !== "N")
    .map(([name, attribute]) => `${name}=${printAttribute(attribute)}`);
  const suffix = attributes.length > 0 ? ` {${attributes.join(" ")}}` : "";
  return `${node.op}(${node.inputs.map(printValue).join(", ")})${suffix}`;
}

function printAttribute(attribute: TfAttribute): string {
  return attribute.kind === "tensor" ? "..." : JSON.stringify(attribute.value);
}

function printValue(value: TfValue): string {
  const { node } = value;
  const tensor = node.attributes.get("value");
  if (node.op === "Const" && tensor?.kind === "tensor") {
    const { dtype, shape } = tensor.value;
    const count = shape.reduce((product, size) => product * size, 1);
    if (count > MAX_PRINTED || !hasNumbers(dtype)) return `${dtype}[${shape}]`;
    const numbers = numbersOf(tensor.value).map((number) => Number(number.toPrecision(5)));
    return shape.length === 0 ? String(numbers[0]) : `[${numbers}]`;
  }
  if (node.op === "ReadVariableOp") return node.name.replace("/Read", "");
  if (node.op === "Placeholder") return node.name.replace("serving_default_", "");
  return value.index === 0 ? node.name : `${node.name}:${value.index}`;
}
