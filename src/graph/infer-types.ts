// Types of all values, from the types of inputs and constants: shapes are symbolic, contents of small tensors are
// carried along, so that Shape -> Gather -> Concat -> Reshape is understood. Bodies of If, Loop and Scan too.
// Source: https://onnx.ai/onnx/repo-docs/ShapeInference.html
// Invariant: the graph is not changed; a value that nothing is known of has no type, and only asking for it fails.
// Not here: what each operator does (operators/), changing the graph by what is known (passes/).
import { FerryError, fail, type Problem, problem, raise } from "../core/errors.ts";
import { RuleFault } from "../core/rule-fault.ts";
import { checkInputs } from "./check-inputs.ts";
import { type Dim, symbol, symbolsIn } from "./dim.ts";
import { type Graph, type Node, subgraphsOf, type Value } from "./graph.ts";
import { contentsOfConstant, type Knowledge, MAX_CONTENTS_ELEMENTS, NodeContext } from "./infer-context.ts";
import { mergeTypes } from "./merge-types.ts";
import { IllTyped, type Inferred } from "./operators/definition.ts";
import { definitionOf } from "./operators/index.ts";
import { tensorType, typeText, type ValueType } from "./type.ts";
import type { RankedType, TypedGraph } from "./typed-graph.ts";
import { whereIs } from "./where.ts";

/**
 * Longer expressions are not carried on, in characters. A deep network with free height has some hundred; one of windows
 * that are padded and halved at each stage some thousand, and its windows are counted from them.
 */
const MAX_DIM_LENGTH = 10_000;
/** Bodies of loops are inferred several times, nested ones more often; this bounds all of it, a multiple of the nodes. */
const MAX_VISITS_PER_NODE = 64;

/**
 * The graph with a type for every value that can be told.
 * Throws all nodes whose inputs do not fit together (NODE_ILL_TYPED).
 */
export function inferTypes(graph: Graph): TypedGraph {
  const inference = new Inference(graph);
  inference.run();
  raise(inference.illTyped);
  return inference;
}

/** What is wrong with the types of a graph, contradicting declarations included. */
export function typeProblems(graph: Graph): Problem[] {
  const inference = new Inference(graph);
  inference.run();
  return [...inference.illTyped, ...inference.contradictions];
}

class Inference implements TypedGraph, Knowledge {
  readonly graph: Graph;
  readonly maxElements = MAX_CONTENTS_ELEMENTS;
  private readonly known = new Map<Value, Inferred>();
  private readonly failed = new Map<Node, Problem>();
  private readonly contradicted = new Map<Value, Problem>();
  private readonly declaredSymbols: ReadonlySet<string>;
  private readonly fresh = new Set<string>();
  private visitsLeft: number;

  constructor(graph: Graph) {
    this.graph = graph;
    this.declaredSymbols = symbolsOf(graph);
    this.visitsLeft = countNodes(graph) * MAX_VISITS_PER_NODE;
  }

  get illTyped(): Problem[] {
    return [...this.failed.values()];
  }

  get contradictions(): Problem[] {
    return [...this.contradicted.values()];
  }

  run(): void {
    for (const input of this.graph.inputs) if (input.type) this.known.set(input, { type: input.type });
    this.visit(this.graph);
  }

  typeOf(value: Value): RankedType {
    const type = this.of(value)?.type;
    if (type?.kind === "tensor" && type.shape) return { ...type, shape: type.shape };
    const { producer } = value;
    return fail("RANK_UNKNOWN", {
      graph: this.graph.name,
      value: value.name,
      operator: producer?.operator ?? "an input",
      where: producer ? whereIs(producer) : "of the model",
      found: typeText(type),
    });
  }

  knownType(value: Value): ValueType | undefined {
    return this.of(value)?.type;
  }

  contentsOf(value: Value): readonly Dim[] | undefined {
    return value.initializer
      ? contentsOfConstant(value.initializer, this.maxElements)
      : this.known.get(value)?.contents;
  }

  of(value: Value): Inferred | undefined {
    if (value.initializer) return { type: tensorType(value.initializer.dtype, value.initializer.shape) };
    return this.known.get(value) ?? (value.type && { type: value.type });
  }

  unknownDim(): Dim {
    let name = `unknown_${this.fresh.size}`;
    while (this.declaredSymbols.has(name)) name = `${name}_`;
    this.fresh.add(name);
    return symbol(name);
  }

  subgraph(
    node: Node,
    name: string,
    inputs: readonly (Inferred | undefined)[],
  ): readonly (Inferred | undefined)[] {
    const attribute = node.attributes.get(name);
    if (attribute?.kind !== "graph") throw new IllTyped(`attribute ${name} is no graph`);
    const inner = attribute.value;
    for (const [index, input] of inner.inputs.entries()) this.learn(input, inputs[index]);
    this.visit(inner);
    return inner.outputs.map((output) => {
      const known = this.of(output);
      return known && { ...known, contents: this.contentsOf(output) };
    });
  }

  private visit(graph: Graph): void {
    for (const node of graph.nodes) this.visitNode(node);
  }

  private visitNode(node: Node): void {
    const definition = this.visitsLeft-- > 0 ? definitionOf(node) : undefined;
    let inferred: readonly (Inferred | undefined)[] = [];
    try {
      checkInputs(node);
      if (definition) inferred = definition.infer(new NodeContext(node, definition, this));
      else for (const inner of subgraphsOf(node)) this.visit(inner);
      this.failed.delete(node);
    } catch (error) {
      if (error instanceof IllTyped) this.failed.set(node, this.illTypedNode(node, error.message));
      else if (error instanceof RuleFault) this.failed.set(node, error.problemAt(this.placeOf(node)));
      else if (!isTooLarge(error)) throw error;
    }
    for (const [index, output] of node.outputs.entries()) if (output) this.learn(output, inferred[index]);
  }

  private learn(value: Value, inferred: Inferred | undefined): void {
    if (!inferred) {
      // What an earlier visit of a loop's body has found may no longer hold.
      if (value.type) this.known.set(value, { type: value.type });
      else this.known.delete(value);
      return;
    }
    const merged = mergeTypes(value.type, inferred.type, (name) => this.fresh.has(name));
    const { contradiction } = merged;
    const contents = inferred.contents?.some(isLong) ? undefined : inferred.contents;
    this.known.set(value, { type: this.withoutLongSizes(merged.type), contents });
    if (!contradiction) return;
    this.contradicted.set(
      value,
      problem("TYPES_DISAGREE", {
        graph: this.graph.name,
        value: value.name,
        declared: typeText(value.type),
        inferred: typeText(inferred.type),
      }),
    );
  }

  /** Sizes whose text grows from node to node become unknown, so that inference stays linear. */
  private withoutLongSizes(type: ValueType): ValueType {
    if (type.kind !== "tensor" || !type.shape?.some(isLong)) return type;
    return tensorType(
      type.dtype,
      type.shape.map((dim) => (isLong(dim) ? this.unknownDim() : dim)),
    );
  }

  private placeOf(node: Node) {
    return { file: this.graph.name, operator: node.operator, where: whereIs(node) };
  }

  private illTypedNode(node: Node, reason: string): Problem {
    const types = node.inputs.map((input) => (input ? typeText(this.of(input)?.type) : "absent"));
    return problem("NODE_ILL_TYPED", {
      graph: this.graph.name,
      operator: node.operator,
      where: whereIs(node),
      reason,
      inputs: types.join(", ") || "none",
    });
  }
}

function isLong(dim: Dim): boolean {
  return typeof dim !== "number" && dim.key.length > MAX_DIM_LENGTH;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof FerryError && error.code === "DIMENSION_TOO_LARGE";
}

function countNodes(graph: Graph): number {
  let count = 0;
  for (const node of graph.nodes) {
    count++;
    for (const inner of subgraphsOf(node)) count += countNodes(inner);
  }
  return count;
}

/** Every symbol that a declared type uses. */
function symbolsOf(graph: Graph, found = new Set<string>()): Set<string> {
  const add = (value: Value | undefined): void => {
    if (value?.type?.kind === "tensor") for (const dim of value.type.shape ?? []) symbolsIn(dim, found);
  };
  for (const value of [...graph.inputs, ...graph.outputs]) add(value);
  for (const node of graph.nodes) {
    for (const output of node.outputs) add(output);
    for (const inner of subgraphsOf(node)) symbolsOf(inner, found);
  }
  return found;
}

/** Drops the types of everything computed: for those who change the type of an input. */
export function forgetTypes(graph: Graph): void {
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output) output.type = undefined;
    for (const inner of subgraphsOf(node)) forgetTypes(inner);
  }
}
