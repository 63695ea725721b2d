// ONNX graph -> TensorFlow graph: checks every node, assigns layouts, emits node by node, drops what nobody uses.
// Invariant: all refusals come out together, as one FerryError; a node that reads a refused one is not judged.
// Not here: how an operator is lowered (rules/), where weights are stored (write/).
import { type Problem, problem, raise } from "../../core/errors.ts";
import type { Dim } from "../../graph/dim.ts";
import type { Node, Value } from "../../graph/graph.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { MissingKernel, TfBuilder } from "../builder.ts";
import type { TfEndpoint, TfGraph, TfNode, TfShape, TfValue } from "../graph.ts";
import { assignLayouts, layoutClassOf, outputLayout } from "../layout/assign-layouts.ts";
import { channelsLast, identityLayout, type Layout } from "../layout/layout.ts";
import { scopeOf } from "../node-names.ts";
import { NodeFacts } from "./node-facts.ts";
import { NodeLowering } from "./node-lowering.ts";
import type { LayoutClass } from "./rule.ts";
import { ruleOf } from "./rules.ts";
import { UnknownSize, ValueStore } from "./value-store.ts";

export interface LowerOptions {
  /** What messages call the model. */
  readonly file: string;
}

/**
 * Lowers a graph with types to TensorFlow. Endpoints keep ONNX's names, shapes and order of axes.
 * Throws a FerryError (exit code 4) with every node that cannot be lowered.
 */
export function lowerToTensorFlow(typed: TypedGraph, options: LowerOptions): TfGraph {
  const problems = new Map<Node, Problem>();
  for (const node of typed.graph.nodes) refuse(node, typed, options, problems);
  const layouts = problems.size === 0 ? assignLayouts(typed, ruleOf) : new Map<Node, Layout>();
  const tf = new TfBuilder();
  const values = new ValueStore(tf, typed);
  const inputs = typed.graph.inputs.map((value) => placeholder(tf, values, value));
  for (const node of typed.graph.nodes) {
    if (problems.has(node) || !isReady(node, values)) continue;
    const refusal = emitNode(node, values, layouts);
    if (refusal) problems.set(node, unsupported(node, refusal, options));
  }
  raise([...problems.values()]);
  tf.scope = "";
  const outputs = typed.graph.outputs.map((value) => identity(tf, values, value));
  return pruned({ nodes: tf.nodes, functions: tf.functions, variables: tf.variables, inputs, outputs });
}

/** Collects the reasons against a node and the nodes of its subgraphs. */
function refuse(node: Node, typed: TypedGraph, options: LowerOptions, problems: Map<Node, Problem>): void {
  const rule = ruleOf(node);
  if (!rule) {
    problems.set(node, unsupported(node, "there is no rule for it", options));
    return;
  }
  const reason = rule.refuse && isTyped(node, typed) ? rule.refuse(new NodeFacts(node, typed)) : undefined;
  if (reason) problems.set(node, unsupported(node, reason, options));
}

/** Whether the types of all that a node reads and makes are known; they may not be behind an unknown operator. */
function isTyped(node: Node, typed: TypedGraph): boolean {
  return [...node.inputs, ...node.outputs].every((value) => {
    if (!value) return true;
    try {
      return typed.typeOf(value) !== undefined;
    } catch {
      return false; // the value is not a tensor of known rank, which the rule's own check does not cover
    }
  });
}

function isReady(node: Node, values: ValueStore): boolean {
  return node.inputs.every((value) => !value || values.has(value));
}

/** Emits one node; returns why it cannot be done, if it cannot. */
function emitNode(node: Node, values: ValueStore, layouts: ReadonlyMap<Node, Layout>): string | undefined {
  const rule = ruleOf(node);
  if (!rule) return undefined;
  try {
    const facts = new NodeFacts(node, values.typed);
    const layoutClass = layoutClassOf(rule, facts);
    const layout = layouts.get(node) ?? defaultLayout(facts, layoutClass);
    values.tf.scope = scopeOfNode(node);
    const made = rule.emit(new NodeLowering(node, values, layout));
    const outputs = Array.isArray(made) ? (made as readonly TfValue[]) : [made as TfValue]; // one value or a list
    for (const [index, value] of node.outputs.entries()) {
      const output = outputs[index];
      if (value && output) values.set(value, output, outputLayout(layoutClass, facts, layout, index));
    }
    return undefined;
  } catch (error) {
    if (error instanceof MissingKernel || error instanceof UnknownSize) return error.message;
    throw error;
  }
}

/** Where layouts were not chosen, or the rule leaves no choice. */
function defaultLayout(facts: NodeFacts, layoutClass: LayoutClass): Layout {
  if (layoutClass.kind === "channels-last") return channelsLast(facts.rank(0));
  if (layoutClass.kind === "follows" && layoutClass.data === "all") return identityLayout(facts.outputRank());
  return identityLayout(facts.has(0) ? facts.rank(0) : 0);
}

/** The PyTorch module path, or what the node's own name says of it. */
function scopeOfNode(node: Node): string {
  if (node.origin.scope) return scopeOf(node.origin.scope);
  const at = node.name.lastIndexOf("/");
  return at > 0 ? scopeOf(node.name.slice(0, at)) : "";
}

function unsupported(node: Node, reason: string, options: LowerOptions): Problem {
  const { scope, operator, line } = node.origin;
  const from = [scope && `module ${scope}`, operator && operator, line && line].filter(Boolean).join(", ");
  const where = `node '${node.name || node.op}'${from ? ` (${from})` : ""}`;
  return problem("OPERATOR_UNSUPPORTED", { file: options.file, operator: node.operator, where, reason });
}

function placeholder(tf: TfBuilder, values: ValueStore, value: Value): TfEndpoint {
  const { dtype, shape } = values.typed.typeOf(value);
  const free = freeShape(shape);
  const made = tf.op(
    "Placeholder",
    [],
    { dtype, shape: free as readonly number[] },
    `serving_default_${value.name}`,
  );
  values.set(value, made, identityLayout(shape.length));
  return { key: value.name, value: made, dtype, shape: free };
}

function identity(tf: TfBuilder, values: ValueStore, value: Value): TfEndpoint {
  const { dtype, shape } = values.typed.typeOf(value);
  const made = tf.op("Identity", [values.get(value, identityLayout(shape.length))], {}, value.name);
  return { key: value.name, value: made, dtype, shape: freeShape(shape) };
}

/** -1 for sizes that only running tells. */
export function freeShape(shape: readonly Dim[]): TfShape {
  return shape.map((dim) => (typeof dim === "number" ? dim : -1));
}

/** Keeps the endpoints and what the outputs need. */
function pruned(graph: TfGraph): TfGraph {
  const needed = new Set<TfNode>(graph.inputs.map((input) => input.value.node));
  const pending = graph.outputs.map((output) => output.value.node);
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    pending.push(...node.inputs.map((input) => input.node), ...node.controls);
  }
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => needed.has(node)),
    variables: graph.variables.filter((variable) => needed.has(variable.read)),
  };
}
