// Checks every invariant of the IR: what readers, passes and rules must leave behind.
// All violations are reported at once. Types that contradict each other are reported if the structure is sound.
// Not here: whether an operator can be lowered (tensorflow/lower).
import { type Problem, problem } from "../core/errors.ts";
import type { Attribute } from "./attribute.ts";
import { type Graph, type Node, subgraphsOf, usesOf, type Value } from "./graph.ts";
import { typeProblems } from "./infer-types.ts";
import type { AttributeSpec } from "./operators/definition.ts";
import { definitionOf } from "./operators/index.ts";
import { whereIs } from "./where.ts";

/** Everything that is wrong with the graph; empty if it is sound. */
export function verifyGraph(graph: Graph): Problem[] {
  const verifier = new Verifier(graph);
  verifier.graph(graph, new Set());
  verifier.consumers();
  return verifier.problems.length > 0 ? verifier.problems : typeProblems(graph);
}

class Verifier {
  readonly problems: Problem[] = [];
  private readonly name: string;
  /** Values of all graphs, with the node that was found to compute each. */
  private readonly seen = new Map<Value, Node | undefined>();
  private readonly users = new Map<Value, Set<Node>>();

  constructor(graph: Graph) {
    this.name = graph.name;
  }

  /** `outer` holds the values that the graphs around this one have defined before it. */
  graph(graph: Graph, outer: ReadonlySet<Value>): void {
    const defined = new Set(outer);
    for (const input of graph.inputs) {
      if (input.producer) this.add(`input '${input.name}'`, `is computed by ${whereIs(input.producer)}`);
      if (input.initializer) this.add(`input '${input.name}'`, "is a constant");
      if (defined.has(input)) this.add(`input '${input.name}'`, "is declared twice");
      defined.add(input);
      this.seen.set(input, undefined);
    }
    for (const node of graph.nodes) this.node(node, defined);
    for (const [index, output] of graph.outputs.entries()) {
      if (outer.size === 0 && graph.outputs.indexOf(output) !== index) {
        this.add(`output '${output.name}'`, "stands twice, and one value has one name");
      }
      if (!isDefined(output, defined)) this.add(`output '${output.name}'`, "is defined nowhere");
    }
  }

  private node(node: Node, defined: Set<Value>): void {
    const where = `${node.operator} ${whereIs(node)}`;
    for (const input of node.inputs) {
      if (input && !isDefined(input, defined)) this.add(where, `reads '${input.name}' before it is computed`);
    }
    this.attributes(node, where);
    for (const inner of subgraphsOf(node)) this.graph(inner, defined);
    for (const value of usesOf(node)) {
      const users = this.users.get(value) ?? new Set();
      this.users.set(value, users.add(node));
      if (!this.seen.has(value)) this.seen.set(value, undefined);
    }
    for (const output of node.outputs) if (output) this.output(node, output, where, defined);
  }

  private output(node: Node, output: Value, where: string, defined: Set<Value>): void {
    if (output.producer !== node) this.add(where, `'${output.name}' does not know that it is computed here`);
    if (output.initializer) this.add(where, `computes '${output.name}', which is a constant`);
    if (defined.has(output)) this.add(where, `computes '${output.name}', which something else defines too`);
    defined.add(output);
    this.seen.set(output, node);
  }

  private attributes(node: Node, where: string): void {
    const definition = definitionOf(node);
    if (!definition) return;
    for (const [name, attribute] of node.attributes) {
      const spec = definition.attributes?.[name];
      if (!spec) this.add(where, `has an attribute '${name}' that the operator does not know`);
      else if (kindOf(spec) !== attribute.kind) {
        this.add(where, `has attribute '${name}' of kind ${attribute.kind}, ${kindOf(spec)} is wanted`);
      }
    }
  }

  /** `consumers` of every value against the nodes that were found to read it. */
  consumers(): void {
    for (const value of this.seen.keys()) {
      const users = this.users.get(value) ?? new Set();
      for (const node of users) {
        if (!value.consumers.has(node))
          this.add(`'${value.name}'`, `does not know its consumer ${whereIs(node)}`);
      }
      for (const node of value.consumers) {
        if (!users.has(node))
          this.add(`'${value.name}'`, `counts ${whereIs(node)} as consumer, which does not read it`);
      }
    }
  }

  private add(where: string, found: string): void {
    this.problems.push(problem("GRAPH_INVALID", { graph: this.name, where, found }));
  }
}

function isDefined(value: Value, defined: ReadonlySet<Value>): boolean {
  return value.initializer !== undefined || defined.has(value);
}

function kindOf(spec: AttributeSpec): Attribute["kind"] {
  return typeof spec === "string" ? spec : spec.kind;
}
