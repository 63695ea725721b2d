// Chooses for every node the layout it works in, so that as few bytes as possible are transposed at run time.
// Method: every value may stand in two layouts: its graph's logical order, or channels-last. They are carried through
// transposes and reshapes, so that a model that permutes to channels-last itself finds its own order among the two. A
// minimum cut decides: the source's side is the logical order, an edge costs the bytes that a transpose would move. A
// value with several readers gets a vertex for each direction, so that its transpose is counted once.
// Not here: the transposes themselves, which value-store.ts makes where a reader wants another layout.
import type { Dim } from "../../graph/dim.ts";
import type { Graph, Node, Value } from "../../graph/graph.ts";
import type { TypedGraph } from "../../graph/typed-graph.ts";
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";
import { movesOnlyOnes } from "../../tensor/transpose.ts";
import { NodeFacts } from "../lower/node-facts.ts";
import type { FollowingLayout, LayoutClass, LoweringRule } from "../lower/rule.ts";
import { channelsLast, identityLayout, type Layout, permutationBetween, sameLayout } from "./layout.ts";
import { FlowNetwork } from "./minimum-cut.ts";

/** What a free size counts as; only its proportion to other sizes matters. */
const FREE_SIZE = 16;
/** Never cut. Larger than all the bytes of a model together. */
const UNCUTTABLE = 2 ** 60;

/** The two layouts of a value: on the source's side of the cut, and on the sink's. */
type Choice = readonly [Layout, Layout];

interface Produced {
  readonly vertex: number;
  readonly choice: Choice;
}

/** The layout of every node's data inputs; nodes that are absent work in the logical order. */
export function assignLayouts(
  graph: Graph,
  typed: TypedGraph,
  ruleOf: (node: Node) => LoweringRule | undefined,
): Map<Node, Layout> {
  const assignment = new Assignment(typed);
  for (const input of graph.inputs) assignment.input(input);
  for (const node of graph.nodes) assignment.node(node, ruleOf(node));
  for (const output of graph.outputs) assignment.reads(output, assignment.source);
  return assignment.solve();
}

/** The layout class of a node. */
export function layoutClassOf(rule: LoweringRule | undefined, facts: NodeFacts): LayoutClass {
  if (!rule) return { kind: "logical" };
  return typeof rule.layout === "function" ? rule.layout(facts) : rule.layout;
}

/** The layout of a node's output, when its data inputs stand in `layout`. */
export function outputLayout(
  layoutClass: LayoutClass,
  facts: NodeFacts,
  layout: Layout,
  output: number,
): Layout {
  const rank = facts.outputRank(output);
  if (layoutClass.kind === "channels-last" && output === 0) return channelsLast(rank);
  const through = layoutClass.kind === "follows" ? layoutClass.through(facts, layout, output) : undefined;
  return through ?? identityLayout(rank);
}

class Assignment {
  readonly source: number;
  private readonly sink: number;
  private readonly typed: TypedGraph;
  private readonly network = new FlowNetwork();
  private readonly produced = new Map<Value, Produced>();
  private readonly readers = new Map<Value, Set<number>>();
  private readonly nodes: { readonly node: Node; readonly vertex: number; readonly choice: Choice }[] = [];

  constructor(typed: TypedGraph) {
    this.typed = typed;
    this.source = this.network.vertex();
    this.sink = this.network.vertex();
  }

  input(value: Value): void {
    this.produced.set(value, { vertex: this.source, choice: usualChoice(this.rank(value)) });
  }

  /** Says that a reader, a vertex, wants the value in the layout of that vertex's side. */
  reads(value: Value, vertex: number): void {
    const produced = this.produced.get(value);
    if (!produced || produced.vertex === vertex) return;
    const readers = this.readers.get(value) ?? new Set<number>();
    readers.add(vertex);
    this.readers.set(value, readers);
  }

  node(node: Node, rule: LoweringRule | undefined): void {
    const facts = new NodeFacts(node, this.typed);
    const layoutClass = layoutClassOf(rule, facts);
    if (layoutClass.kind === "follows") this.following(facts, layoutClass);
    else this.fixed(node, layoutClass.kind === "channels-last");
  }

  /** A node that takes one layout whatever the others do. */
  private fixed(node: Node, last: boolean): void {
    for (const [index, value] of node.inputs.entries()) {
      if (!value) continue;
      const rank = this.rank(value);
      this.readsIn(value, last && index === 0 ? channelsLast(rank) : identityLayout(rank));
    }
    for (const [index, value] of node.outputs.entries()) {
      if (!value) continue;
      const vertex = last && index === 0 ? this.sink : this.source;
      this.produced.set(value, { vertex, choice: usualChoice(this.rank(value)) });
    }
  }

  solve(): Map<Node, Layout> {
    for (const [value, readers] of this.readers) this.price(value, readers);
    const onSource = this.network.cut(this.source, this.sink);
    return new Map(this.nodes.map(({ node, vertex, choice }) => [node, choice[onSource[vertex] ? 0 : 1]]));
  }

  private following(facts: NodeFacts, layoutClass: FollowingLayout): void {
    const { node } = facts;
    const data = this.dataInputs(facts, layoutClass);
    if (data.length === 0) {
      this.fixed(node, false); // constants alone, which stand as they are wanted
      return;
    }
    const choice = this.usableChoice(facts, layoutClass, data);
    const outputs = [...node.outputs.entries()].filter(([, value]) => value !== undefined);
    const through = choice.map((layout) =>
      outputs.map(([index]) => layoutClass.through(facts, layout, index)),
    ) as [(Layout | undefined)[], (Layout | undefined)[]];
    const [first, second] = through.map((layouts) => !layouts.includes(undefined));
    const vertex =
      first && second ? this.network.vertex() : first ? this.source : second ? this.sink : undefined;
    for (const value of node.inputs) {
      if (!value) continue;
      if (vertex === undefined || !data.includes(value))
        this.readsIn(value, identityLayout(this.rank(value)));
      else this.readsChoice(value, vertex, choice);
    }
    for (const [place, [, value]] of outputs.entries()) {
      if (!value) continue;
      const usual = usualChoice(this.rank(value));
      const [a, b] = [through[0][place], through[1][place]];
      const ends: Choice = vertex === undefined ? usual : [a ?? usual[0], b ?? usual[1]];
      this.produced.set(value, { vertex: vertex ?? this.source, choice: ends });
    }
    if (vertex !== undefined) this.nodes.push({ node, vertex, choice });
  }

  private dataInputs(facts: NodeFacts, layoutClass: FollowingLayout): Value[] {
    const values = layoutClass.data === "first" ? [facts.value(0)] : facts.node.inputs;
    const present = values.filter((value) => value !== undefined && !value.initializer) as Value[];
    if (layoutClass.data === "first") return present;
    const rank = facts.outputRank();
    return present.filter((value) => this.rank(value) === rank);
  }

  /** As the data stand, unless they are folded in a way that the rule cannot take; then it has the usual choice. */
  private usableChoice(facts: NodeFacts, layoutClass: FollowingLayout, data: readonly Value[]): Choice {
    const choice = this.choiceOf(data);
    const [, last] = choice;
    const takes = !last.folded || layoutClass.through(facts, last, 0) !== undefined;
    return takes ? choice : usualChoice(last.perm.length);
  }

  /** The layouts of the first data input that has two, for all of them. */
  private choiceOf(data: readonly Value[]): Choice {
    const choices = data.flatMap((value) => {
      const choice = this.produced.get(value)?.choice;
      return choice ? [choice] : [];
    });
    const usual = usualChoice(this.rank(data[0] as Value)); // there is one, or nothing is asked
    return choices.find(([a, b]) => !sameLayout(a, b)) ?? choices[0] ?? usual;
  }

  private readsChoice(value: Value, vertex: number, wanted: Choice): void {
    const has = this.produced.get(value)?.choice;
    if (!has || (sameLayout(has[0], wanted[0]) && sameLayout(has[1], wanted[1]))) this.reads(value, vertex);
  }

  /** A reader that wants one layout whatever the others do. */
  private readsIn(value: Value, layout: Layout): void {
    const has = this.produced.get(value)?.choice;
    if (!has || sameLayout(has[0], has[1])) return;
    if (sameLayout(has[0], layout)) this.reads(value, this.source);
    else if (sameLayout(has[1], layout)) this.reads(value, this.sink);
  }

  private price(value: Value, readers: ReadonlySet<number>): void {
    const produced = this.produced.get(value);
    if (!produced) return;
    const bytes = this.movedBytes(value, produced.choice);
    if (bytes === 0) return;
    const toLast = this.network.vertex();
    const toLogical = this.network.vertex();
    this.network.edge(produced.vertex, toLast, bytes);
    this.network.edge(toLogical, produced.vertex, bytes);
    for (const reader of readers) {
      this.network.edge(toLast, reader, UNCUTTABLE);
      this.network.edge(reader, toLogical, UNCUTTABLE);
    }
  }

  /** What going from one layout to the other moves; nothing if only axes of size 1 change place. */
  private movedBytes(value: Value, [a, b]: Choice): number {
    const { shape, dtype } = this.typed.typeOf(value);
    if (!a.folded && !b.folded) {
      const stands = a.perm.map((axis) => shape[axis] as Dim);
      if (movesOnlyOnes(stands, permutationBetween(a.perm, b.perm))) return 0;
    }
    const elements = shape.reduce<number>(
      (count, dim) => count * (typeof dim === "number" ? dim : FREE_SIZE),
      1,
    );
    return elements * Math.max(1, BYTES_PER_ELEMENT[dtype]);
  }

  private rank(value: Value): number {
    return this.typed.typeOf(value).shape.length;
  }
}

function usualChoice(rank: number): Choice {
  return [identityLayout(rank), channelsLast(rank)];
}
