// Emits a graph node by node, and the graphs inside its nodes, and gathers what cannot be lowered.
// Invariant: a node that reads what a refused one makes is skipped, not judged.
import { type Problem, problem } from "../../core/errors.ts";
import { type Place, RuleFault } from "../../core/rule-fault.ts";
import { type Graph, type Node, subgraphsOf, type Value } from "../../graph/graph.ts";
import { definitionOf } from "../../graph/operators/index.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { whereIs } from "../../graph/where.ts";
import { MissingKernel } from "../builder.ts";
import type { TfValue } from "../graph.ts";
import { assignLayouts, layoutClassOf, outputLayout } from "../layout/assign-layouts.ts";
import { channelsLast, identityLayout, type Layout } from "../layout/layout.ts";
import { scopeOf } from "../node-names.ts";
import { NodeFacts } from "./node-facts.ts";
import { NodeLowering } from "./node-lowering.ts";
import type { LayoutClass, LoweringRule } from "./rule.ts";
import { NotLowered, UnknownSize, type ValueStore } from "./value-store.ts";

export type RuleOf = (node: Node) => LoweringRule | undefined;

export class GraphLowering {
  private readonly typed: TypedGraph;
  private readonly file: string;
  private readonly refused = new Map<Node, Problem>();

  private readonly ruleOf: RuleOf;

  constructor(typed: TypedGraph, file: string, ruleOf: RuleOf) {
    this.typed = typed;
    this.file = file;
    this.ruleOf = ruleOf;
  }

  get problems(): readonly Problem[] {
    return [...this.refused.values()];
  }

  /** Asks every rule, inner graphs first, whether it takes its node. */
  judge(graph: Graph): void {
    for (const node of graph.nodes) {
      for (const inner of subgraphsOf(node)) this.judge(inner);
      const rule = this.ruleOf(node);
      const unknown = unknownAttributes(node);
      if (!rule) this.refuseUnknown(node);
      else if (node.definition?.foreign && isUntyped(node, this.typed)) this.refuseUntyped(node);
      else if (unknown.length > 0)
        this.refuse(node, `the meaning of its attribute ${unknown.join(", ")} is not known`);
      else if (rule.refuse && isTyped(node, this.typed)) {
        const reason = rule.refuse(new NodeFacts(node, this.typed));
        if (reason) this.refuse(node, reason);
      }
    }
  }

  /** Emits the nodes of a graph, into the builder of `values`. */
  emit(graph: Graph, values: ValueStore): void {
    const layouts =
      this.refused.size === 0 ? assignLayouts(graph, this.typed, this.ruleOf) : new Map<Node, Layout>();
    const { scope } = values.tf;
    for (const node of graph.nodes) {
      const ready = node.inputs.every((value) => !value || values.has(value));
      if (ready && !this.refused.has(node)) this.emitNode(node, values, layouts.get(node));
    }
    values.tf.scope = scope;
  }

  private emitNode(node: Node, values: ValueStore, chosen: Layout | undefined): void {
    const rule = this.ruleOf(node);
    if (!rule) return;
    const facts = new NodeFacts(node, this.typed);
    try {
      const layoutClass = layoutClassOf(rule, facts);
      const layout = chosen ?? defaultLayout(facts, layoutClass);
      values.tf.scope = scopeOfNode(node);
      const made = rule.emit(
        new NodeLowering(node, values, layout, (inner, store) => this.emit(inner, store)),
      );
      const outputs = Array.isArray(made) ? (made as readonly TfValue[]) : [made as TfValue]; // one value or a list
      for (const [index, value] of node.outputs.entries()) {
        const output = outputs[index];
        if (value && output) values.set(value, output, outputLayout(layoutClass, facts, layout, index));
      }
    } catch (error) {
      if (error instanceof RuleFault) this.refused.set(node, error.problemAt(this.placeOf(node)));
      else if (error instanceof MissingKernel || error instanceof UnknownSize)
        this.refuse(node, error.message);
      else if (!(error instanceof NotLowered && this.refused.size > 0)) throw error;
    }
  }

  private refuse(node: Node, reason: string): void {
    this.refused.set(node, problem("OPERATOR_UNSUPPORTED", { ...this.placeOf(node), reason }));
  }

  /** Operators of ONNX and of onnxruntime are ours to know; those of other domains the user's. */
  private refuseUnknown(node: Node): void {
    const wanted = "what it is in TensorFlow (tensorflow, or toOnnx)";
    if (/^(ai\.onnx\.|com\.microsoft)|^$/.test(node.domain)) this.refuse(node, "there is no rule for it");
    else this.refused.set(node, problem("CUSTOM_OPERATOR_UNKNOWN", { ...this.placeOf(node), wanted }));
  }

  /** Nothing says what comes out of it, though all is known of what goes in. */
  private refuseUntyped(node: Node): void {
    const wanted = "the type of each output, which neither the file nor a rule states (infer),";
    this.refused.set(node, problem("CUSTOM_OPERATOR_UNKNOWN", { ...this.placeOf(node), wanted }));
  }

  private placeOf(node: Node): Place {
    return { file: this.file, operator: node.operator, where: whereIs(node) };
  }
}

/** Attributes that the operator's definition does not list: of a later opset, they may change what the node means. */
function unknownAttributes(node: Node): string[] {
  const definition = definitionOf(node);
  if (!definition || definition.foreign) return [];
  return [...node.attributes.keys()].filter((name) => !Object.hasOwn(definition.attributes ?? {}, name));
}

function isUntyped(node: Node, typed: TypedGraph): boolean {
  const isRanked = (value: Value | undefined): boolean => {
    const type = value && typed.knownType(value);
    return value === undefined || (type?.kind === "tensor" && type.shape !== undefined);
  };
  return node.inputs.every(isRanked) && !node.outputs.every(isRanked);
}

/** Whether the types of all that a node reads and makes are known; they may not be behind an unknown operator. */
function isTyped(node: Node, typed: TypedGraph): boolean {
  return [...node.inputs, ...node.outputs].every((value) => {
    if (!value) return true;
    try {
      return typed.typeOf(value) !== undefined;
    } catch {
      return false; // not a tensor of known rank, because of a node that is refused for its own reason
    }
  });
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
