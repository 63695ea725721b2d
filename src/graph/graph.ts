// The IR: an ONNX graph in memory, in one normal form. Readers bring every model to the forms of opset 21 (axes as
// inputs, no deprecated operators), so that passes and lowering know one form of each operator; operators that came
// later stand as they are. Source: https://onnx.ai/onnx/operators/
// Layout: values and nodes are objects that point at each other; `nodes` is in topological order. A subgraph (If, Loop)
// is an attribute and may use values of the graphs around it.
// Invariant: every value is an input, an initializer, or the output of exactly one node; `consumers` is exact.
// Not here: bytes of any file format (read/, write/), inference of types (infer-types.ts).
import type { Tensor } from "../tensor/tensor.ts";
import type { Attribute, Attributes } from "./attribute.ts";
import type { OperatorDefinition } from "./operators/definition.ts";
import type { ValueType } from "./type.ts";

/** A value that flows through the graph. Its name is unique among the graph and its subgraphs when it is written. */
export class Value {
  name: string;
  type: ValueType | undefined;
  /** What the model's file calls it: a torch.export node's name, a value's name in ONNX; undefined for what a rule made. */
  source: string | undefined;
  /** The node that computes it; undefined for inputs and initializers. */
  producer: Node | undefined;
  /** Its constant contents, if it is an initializer. */
  initializer: Tensor | undefined;
  /** Nodes that use it, each once, in this graph and in subgraphs. Graph outputs are not counted. */
  readonly consumers = new Set<Node>();

  constructor(name: string, type?: ValueType) {
    this.name = name;
    this.type = type;
  }
}

/** Where a node comes from, for names and messages. */
export interface Origin {
  /** Path of the PyTorch module, such as `layer1.0.conv1`; empty at the top or when unknown. */
  readonly scope: string;
  /** The operator in the source's own terms, such as `aten.conv2d.default`; empty when unknown. */
  readonly operator: string;
  /** The line of the model's source code, such as `File "net.py", line 12, in forward`; empty when unknown. */
  readonly line: string;
}

export const NO_ORIGIN: Origin = { scope: "", operator: "", line: "" };

export class Node {
  readonly op: string;
  /** Empty for ai.onnx. */
  readonly domain: string;
  name: string;
  readonly origin: Origin;
  /** An absent optional input is undefined. Change it with `Graph.setInput` only. */
  readonly inputs: readonly (Value | undefined)[];
  /** An output nobody asked for is undefined. */
  readonly outputs: readonly (Value | undefined)[];
  attributes: Attributes;
  /** What is known of an operator that is not in the tables, such as one of the user's own. */
  readonly definition: OperatorDefinition | undefined;

  constructor(fields: NodeFields) {
    this.op = fields.op;
    this.domain = fields.domain ?? "";
    this.name = fields.name ?? "";
    this.origin = fields.origin ?? NO_ORIGIN;
    this.inputs = fields.inputs;
    this.outputs = fields.outputs;
    this.attributes = fields.attributes ?? new Map();
    this.definition = fields.definition;
  }

  /** The type of the operator with its domain, such as `Conv` or `com.microsoft::FusedMatMul`. */
  get operator(): string {
    return this.domain ? `${this.domain}::${this.op}` : this.op;
  }
}

export interface NodeFields {
  readonly op: string;
  readonly domain?: string;
  readonly name?: string;
  readonly origin?: Origin;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  readonly attributes?: Attributes;
  readonly definition?: OperatorDefinition | undefined;
}

/** An input that takes what an output gave in the call before. */
export interface State {
  /** Place among the graph's inputs. */
  readonly input: number;
  /** Place among the graph's outputs. */
  readonly output: number;
  /** What the first call takes. */
  readonly initial: Tensor;
}

export class Graph {
  name: string;
  /** Inputs without default values, in the order of the source model. */
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  nodes: Node[] = [];
  /** Versions of the operator sets by domain; "" is ai.onnx. */
  readonly opsets = new Map<string, number>();
  readonly metadata = new Map<string, string>();
  /** What the model keeps from one call to the next: a call's output is the next call's input. */
  readonly states: State[] = [];

  /** A size that the reader took for free though the file has an example alone; whether it is shows when it is run. */
  assumedBatch: { readonly symbol: string; readonly size: number } | undefined;

  constructor(name = "main") {
    this.name = name;
  }

  /** Adds a node at the end, or before `before`, and counts its uses. */
  insert(node: Node, before?: Node): Node {
    const at = before ? this.nodes.indexOf(before) : -1;
    if (at < 0) this.nodes.push(node);
    else this.nodes.splice(at, 0, node);
    for (const output of node.outputs) if (output) output.producer = node;
    for (const value of usesOf(node)) value.consumers.add(node);
    return node;
  }

  setInput(node: Node, index: number, value: Value | undefined): void {
    const inputs = node.inputs as (Value | undefined)[]; // the one place that writes it
    const old = inputs[index];
    inputs[index] = value;
    if (value) value.consumers.add(node);
    if (old && !usesOf(node).has(old)) old.consumers.delete(node);
  }

  /** Lets every consumer, in subgraphs too, and every output of this graph that reads `old` read `fresh`. */
  replaceUses(old: Value, fresh: Value): void {
    fresh.source ??= old.source; // both mean the same, or nobody might read one for the other
    for (const node of [...old.consumers]) this.replaceInNode(node, old, fresh);
    replaceInList(this.outputs, old, fresh);
  }

  /** Removes a node whose outputs nobody uses any more. */
  remove(node: Node): void {
    const at = this.nodes.indexOf(node);
    if (at >= 0) this.nodes.splice(at, 1);
    uncount(node);
  }

  private replaceInNode(node: Node, old: Value, fresh: Value): void {
    for (const [index, input] of node.inputs.entries()) {
      if (input === old) (node.inputs as (Value | undefined)[])[index] = fresh; // counted below
    }
    for (const inner of subgraphsOf(node)) {
      for (const innerNode of inner.nodes) inner.replaceInNode(innerNode, old, fresh);
      replaceInList(inner.outputs, old, fresh);
    }
    old.consumers.delete(node);
    if (usesOf(node).has(fresh)) fresh.consumers.add(node);
  }
}

/** Takes a node that is dropped, and the nodes of its subgraphs, out of what values know of their users. */
export function uncount(node: Node): void {
  for (const value of usesOf(node)) value.consumers.delete(node);
  for (const output of node.outputs) if (output?.producer === node) output.producer = undefined;
  for (const graph of subgraphsOf(node)) for (const inner of graph.nodes) uncount(inner);
}

/** The graphs among a node's attributes. */
export function subgraphsOf(node: Node): readonly Graph[] {
  const graphs: Graph[] = [];
  for (const attribute of node.attributes.values()) {
    if (attribute.kind === "graph") graphs.push(attribute.value);
    if (attribute.kind === "graphs") graphs.push(...attribute.value);
  }
  return graphs;
}

/** Every value a node reads: its inputs, and what its subgraphs take from outside. */
export function usesOf(node: Node): Set<Value> {
  const uses = new Set<Value>();
  for (const input of node.inputs) if (input) uses.add(input);
  for (const graph of subgraphsOf(node)) for (const value of capturesOf(graph)) uses.add(value);
  return uses;
}

/** What a subgraph reads or returns without defining it itself. */
function capturesOf(graph: Graph): Set<Value> {
  const captures = new Set<Value>(graph.outputs);
  for (const inner of graph.nodes) for (const value of usesOf(inner)) captures.add(value);
  for (const input of graph.inputs) captures.delete(input);
  for (const inner of graph.nodes) for (const output of inner.outputs) if (output) captures.delete(output);
  return captures;
}

type AttributeValue<Kind extends Attribute["kind"]> = Extract<Attribute, { readonly kind: Kind }>["value"];

/** The attribute's value, if it is there and of the wanted kind. */
export function attributeOf<Kind extends Attribute["kind"]>(
  node: Node,
  name: string,
  kind: Kind,
): AttributeValue<Kind> | undefined {
  const attribute = node.attributes.get(name);
  const value: unknown = attribute?.kind === kind ? attribute.value : undefined;
  return value as AttributeValue<Kind> | undefined; // the kinds are equal
}

function replaceInList(values: Value[], old: Value, fresh: Value): void {
  for (const [index, value] of values.entries()) if (value === old) values[index] = fresh;
}
