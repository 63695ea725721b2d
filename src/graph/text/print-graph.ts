// Graph -> text. The form is described in ../text.ts.
// Invariant: equal graphs print equally; printing changes nothing, names that are missing are only chosen.
import { numbersOf } from "../../tensor/numbers.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";
import type { Attribute } from "../attribute.ts";
import { type Graph, type Node, subgraphsOf, type Value } from "../graph.ts";
import { chooseNames, type Names } from "../names.ts";
import { typeText, type ValueType } from "../type.ts";

export interface PrintOptions {
  /** Constants with more elements than this are printed as `...`; then the text cannot be parsed. */
  readonly maxElements?: number;
  /** Whether to print the types of computed values; true if absent. */
  readonly types?: boolean;
}

const DEFAULT_MAX_ELEMENTS = 64;

export function printGraph(graph: Graph, options: PrintOptions = {}): string {
  return new Printer(chooseNames(graph), options).graph(graph, "", constantsByFirstUse(graph));
}

class Printer {
  private readonly names: Names;
  private readonly maxElements: number;
  private readonly types: boolean;

  constructor(names: Names, options: PrintOptions) {
    this.names = names;
    this.maxElements = options.maxElements ?? DEFAULT_MAX_ELEMENTS;
    this.types = options.types ?? true;
  }

  graph(graph: Graph, indent: string, constants: ReadonlySet<Value>): string {
    const inputs = graph.inputs.map((value) => this.declared(value, true));
    const outputs = graph.outputs.map((value) => this.value(value));
    const opsets = [...graph.opsets].map(
      ([domain, version]) => `opset ${bare(domain || "ai.onnx")} ${version}`,
    );
    const weights = [...constants].map((value) => `${this.declared(value, true)} = ${this.contents(value)}`);
    const nodes = graph.nodes.map((node) => this.node(node, `${indent}  `));
    const lines = [...opsets, ...weights, ...nodes].map((line) => `${indent}  ${line}\n`);
    return `graph ${bare(graph.name)}(${inputs.join(", ")}) -> (${outputs.join(", ")}) {\n${lines.join("")}${indent}}`;
  }

  private node(node: Node, indent: string): string {
    const outputs = node.outputs.map((value) => (value ? this.declared(value, this.types) : "_"));
    const inputs = node.inputs.map((value) => (value ? this.value(value) : "_"));
    const attributes = [...node.attributes].map(
      ([name, value]) => `${name} = ${this.attribute(value, indent)}`,
    );
    const braces = attributes.length > 0 ? ` {${attributes.join(", ")}}` : "";
    const scope = node.origin.scope ? ` @ ${bare(node.origin.scope)}` : "";
    return `${outputs.join(", ")} = ${node.operator}(${inputs.join(", ")})${braces}${scope}`;
  }

  private value(value: Value): string {
    return bare(this.names.values.get(value) ?? value.name);
  }

  private declared(value: Value, typed: boolean): string {
    return typed && value.type ? `${this.value(value)}: ${typeText(value.type)}` : this.value(value);
  }

  private contents(value: Value): string {
    const tensor = value.initializer;
    return tensor ? this.elements(tensor) : "...";
  }

  private elements(tensor: Tensor): string {
    return elementCount(tensor.shape) > this.maxElements ? "..." : `[${elementTexts(tensor).join(", ")}]`;
  }

  private attribute(attribute: Attribute, indent: string): string {
    switch (attribute.kind) {
      case "int":
        return integerText(attribute.value);
      case "float":
        return floatText(attribute.value);
      case "string":
        return JSON.stringify(attribute.value);
      case "ints":
        return `[${attribute.value.map(integerText).join(", ")}]`;
      case "floats":
        return attribute.value.length === 0 ? "floats []" : `[${attribute.value.map(floatText).join(", ")}]`;
      case "strings":
        return attribute.value.length === 0
          ? "strings []"
          : `[${attribute.value.map((text) => JSON.stringify(text)).join(", ")}]`;
      case "tensor":
        return this.tensor(attribute.value);
      case "tensors":
        return `tensors [${attribute.value.map((tensor) => this.tensor(tensor)).join(", ")}]`;
      case "graph":
        return this.graph(attribute.value, indent, NOTHING);
      case "graphs":
        return `graphs [${attribute.value.map((graph) => this.graph(graph, indent, NOTHING)).join(", ")}]`;
      case "type":
        return `type ${typeText(attribute.value)}`;
    }
  }

  private tensor(tensor: Tensor): string {
    const type: ValueType = { kind: "tensor", dtype: tensor.dtype, shape: tensor.shape };
    return `${typeText(type)} ${this.elements(tensor)}`;
  }
}

const NOTHING: ReadonlySet<Value> = new Set();

function constantsByFirstUse(graph: Graph, found = new Set<Value>()): Set<Value> {
  for (const node of graph.nodes) {
    for (const input of node.inputs) if (input?.initializer) found.add(input);
    for (const inner of subgraphsOf(node)) constantsByFirstUse(inner, found);
  }
  for (const output of graph.outputs) if (output.initializer) found.add(output);
  return found;
}

function elementTexts(tensor: Tensor): string[] {
  if (tensor.strings) return tensor.strings.map((text) => JSON.stringify(new TextDecoder().decode(text)));
  if (tensor.dtype === "bool") return numbersOf(tensor).map((bit) => (bit ? "true" : "false"));
  if (tensor.dtype === "int64" || tensor.dtype === "uint64") return wideIntegers(tensor).map(String);
  if (tensor.dtype.includes("int")) return numbersOf(tensor).map(String);
  if (tensor.dtype === "float32") return numbersOf(tensor).map(float32Text);
  if (tensor.dtype === "complex64" || tensor.dtype === "complex128" || tensor.dtype.startsWith("float8")) {
    return [...tensor.read()].map(String); // as bytes: there is no plain number for an element
  }
  return numbersOf(tensor).map(floatText);
}

function wideIntegers(tensor: Tensor): bigint[] {
  const bytes = tensor.read();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = (index: number) =>
    tensor.dtype === "int64" ? view.getBigInt64(index * 8, true) : view.getBigUint64(index * 8, true);
  return Array.from({ length: bytes.byteLength / 8 }, (_, index) => at(index));
}

/** The shortest decimal that rounds to the same float32. */
function float32Text(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return floatText(short);
  }
  return floatText(value);
}

/** Always with a point or an exponent, so that it cannot be taken for an integer. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function integerText(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

function bare(name: string): string {
  return /^[A-Za-z_][\w.:/-]*(?<!:)$/.test(name) && name !== "_" ? name : JSON.stringify(name);
}
