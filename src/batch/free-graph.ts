// A copy of a graph in which the batch is a symbol: shapes are inferred anew from the inputs on, and where a node does
// not fit any other batch than the file's, the constant that holds the batch is made to follow it.
// Invariant: nodes are added and constants replaced, no computation is taken away: what mixes rows still mixes them.
// Not here: whether the result is right (prove-rows.ts), since a shape that fits is no proof.

import { int } from "../graph/attribute.ts";
import { int64Tensor } from "../graph/builder.ts";
import { copyGraph } from "../graph/copy-graph.ts";
import type { Dim } from "../graph/dim.ts";
import { type Graph, NO_ORIGIN, Node, type NodeFields, Value } from "../graph/graph.ts";
import { forgetTypes } from "../graph/infer-types.ts";
import { tensorType } from "../graph/type.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { REMOVE_DEAD_NODES } from "../passes/remove-dead-nodes.ts";
import { type BatchAxis, batchAxisOf } from "./batch-axis.ts";
import { type ConstantOf, constantFinder, constantValue, type Evaluate } from "./constant-values.ts";
import { Guesses } from "./guesses.ts";
import { mixingNode } from "./mixing-axes.ts";
import { repairs } from "./repair.ts";
import { steerReshape } from "./reshape.ts";
import { steerRowIndex } from "./row-index.ts";
import { Sizes } from "./sizes.ts";
import { isSqueeze, SqueezedBatch } from "./squeezed-batch.ts";
import { SymbolicTypes } from "./symbolic-types.ts";
import type { Visits } from "./widen.ts";
import { HeldByNode, type Workbench } from "./workbench.ts";

/** Which axis of each input is the batch, by the input's name. Inputs that are not named have none. */
export type InputAxes = ReadonlyMap<string, number>;

export interface FreedGraph {
  readonly graph: Graph;
  /** Where the batch stands in the outputs, by name; undefined for an output without it. */
  readonly outputs: ReadonlyMap<string, BatchAxis | undefined>;
  readonly types: SymbolicTypes;
  /** Where the batch is in a value; undefined if nowhere, or on more than one axis. */
  placeOf(value: Value): BatchAxis | undefined;
  /**
   * The graph with the guess taken back that is nearest before the node, or the last if there is no node; undefined if
   * there was none. Throws as freeGraph does.
   */
  other(node: Node | undefined): FreedGraph | undefined;
}

export interface FreeingOptions {
  readonly axes: InputAxes;
  /** What the file fixes the batch to. */
  readonly size: number;
  /** Name of the new symbol; no other size of the graph has it. */
  readonly symbol: string;
  readonly evaluate: Evaluate | undefined;
  readonly visits: Visits;
  /** The first of the numbers that stand for the other free sizes. */
  readonly firstOther: number;
}

/** Guesses that are taken back, in number: each costs an inference over the graph. */
const MAX_GUESSES = 64;

/** Throws HeldByNode or AnotherInput. `typed` is not changed. */
export function freeGraph(typed: TypedGraph, options: FreeingOptions): FreedGraph {
  return freeWith(new Guesses(), typed, options);
}

function freeWith(guesses: Guesses, typed: TypedGraph, options: FreeingOptions): FreedGraph {
  let first: HeldByNode | undefined;
  for (let left = MAX_GUESSES; left > 0; left--) {
    try {
      const freed = new Freeing(typed, options, guesses).run();
      const other = (node: Node | undefined): FreedGraph | undefined =>
        guesses.takeBack(node) ? freeWith(guesses, typed, options) : undefined;
      return { ...freed, other };
    } catch (error) {
      if (!(error instanceof HeldByNode)) throw error;
      first ??= error;
      if (!guesses.takeBack(error.node)) break;
    }
  }
  throw first ?? new RangeError("there is a guess to begin with");
}

type Outputs = Parameters<SymbolicTypes["record"]>[1];

class Freeing implements Workbench {
  readonly graph: Graph;
  readonly sizes: Sizes;
  readonly types: SymbolicTypes;
  readonly constantOf: ConstantOf;
  readonly visits: Visits;
  private readonly options: FreeingOptions;
  private readonly typed: TypedGraph;
  private readonly places = new Map<Value, BatchAxis>();
  private readonly made = new Map<number, Value>();
  private readonly squeezed = new SqueezedBatch((value) => this.batchIn(value));

  private readonly guesses: Guesses;

  constructor(typed: TypedGraph, options: FreeingOptions, guesses: Guesses) {
    const { graph, copies } = copyGraph(typed.graph);
    this.options = options;
    this.visits = options.visits;
    this.typed = typed;
    this.guesses = guesses;
    this.graph = graph;
    this.sizes = new Sizes(options.symbol, options.size, options.firstOther);
    const originals = new Map([...copies].map(([original, copy]) => [copy, original]));
    const shapeInFile = (value: Value): readonly Dim[] | undefined => {
      const original = originals.get(value);
      const type = original && typed.knownType(original);
      return type?.kind === "tensor" ? type.shape : undefined;
    };
    this.types = new SymbolicTypes(this.sizes, shapeInFile);
    this.constantOf = constantFinder(graph, options.evaluate);
  }

  run(): Omit<FreedGraph, "other"> {
    forgetTypes(this.graph);
    this.guesses.begin(this.graph);
    for (const input of this.graph.inputs) this.openInput(input);
    for (const node of [...this.graph.nodes]) this.visit(node);
    REMOVE_DEAD_NODES.run(this.graph, this.typed, {});
    const mixing = mixingNode(this.graph, this.types, this.sizes);
    if (mixing) throw new HeldByNode(mixing.node, mixing.reason);
    const squeeze = this.squeezed.heldBy(this.graph.outputs);
    if (squeeze)
      throw new HeldByNode(squeeze, "it drops the batch, which PyTorch does at a batch of 1 alone");
    for (const output of this.graph.outputs) output.type = this.types.of(output)?.type;
    const { graph, types } = this;
    const outputs = new Map(graph.outputs.map((output) => [output.name, this.batchIn(output)]));
    return { graph, outputs, types, placeOf: (value) => this.batchIn(value) };
  }

  batchIn(value: Value): BatchAxis | undefined {
    const shape = this.types.shapeOf(value);
    return this.places.get(value) ?? (shape && batchAxisOf(shape, this.sizes));
  }

  choose(node: Node, places: readonly BatchAxis[]): BatchAxis | undefined {
    return places[this.guesses.choice(node, places.length)];
  }

  placeBatch(value: Value, place: BatchAxis): void {
    this.places.set(value, place);
  }

  emit(fields: Omit<NodeFields, "outputs">, before: Node): Value {
    const output = new Value("");
    const node = new Node({ origin: before.origin, ...fields, outputs: [output] });
    this.graph.insert(node, before);
    this.visit(node);
    return output;
  }

  batchSize(factor: number): Value {
    const known = this.made.get(factor);
    if (known) return known;
    const [first] = this.graph.nodes as [Node]; // there is one that asks
    const [name = "", axis = 0] = [...this.options.axes][0] ?? [];
    const input = this.graph.inputs.find((value) => value.name === name);
    const value =
      factor === 1
        ? this.emit(
            {
              op: "Shape",
              inputs: [input],
              origin: NO_ORIGIN,
              attributes: new Map([
                ["start", int(axis)],
                ["end", int(axis + 1)],
              ]),
            },
            first,
          )
        : this.multiplied(factor);
    this.made.set(factor, value);
    return value;
  }

  fixedShape(value: Value): readonly number[] | undefined {
    return this.types.shapeOf(value)?.map((dim) => this.sizes.inFile(dim));
  }

  private multiplied(factor: number): Value {
    const one = this.batchSize(1);
    const at = this.graph.nodes.indexOf(one.producer as Node); // a Shape made it
    const next = this.graph.nodes[at + 1] as Node; // the one that asks is behind it
    return this.emit(
      { op: "Mul", inputs: [one, constantValue(int64Tensor([factor], [1]))], origin: NO_ORIGIN },
      next,
    );
  }

  private openInput(input: Value): void {
    const axis = this.options.axes.get(input.name);
    if (axis === undefined || input.type?.kind !== "tensor" || !input.type.shape) return;
    input.type = tensorType(input.type.dtype, input.type.shape.with(axis, this.sizes.batch));
  }

  /** Makes a node fit any batch, and remembers what it gives. */
  private visit(original: Node): void {
    const node = steerReshape(original, this);
    steerRowIndex(node, this);
    this.learn(node, this.fitted(node));
    this.squeezed.learn(node, this.sizes.baked === 1 && isSqueeze(original));
  }

  /** What the node gives once it fits. */
  private fitted(node: Node): Outputs {
    const outcome = this.types.outcome(node);
    if (outcome.fits && !outcome.losesBatch) return outcome.outputs;
    for (const apply of repairs(node, this)) {
      const undo = apply();
      const repaired = this.types.outcome(node);
      if (repaired.fits && repaired.keepsBatch) return repaired.outputs;
      undo();
    }
    if (!outcome.fits) throw new HeldByNode(node, outcome.reason);
    return outcome.outputs; // a batch that is lost may be meant to be: running tells
  }

  /** An output whose batch is no outermost part takes that from an input with the same size on an axis. */
  private learn(node: Node, outputs: Outputs): void {
    this.types.record(node, outputs);
    for (const output of node.outputs) {
      if (!output || this.places.has(output)) continue;
      const found = this.batchIn(output);
      if (!found || found.factor === 1) continue;
      const like = node.inputs
        .map((input) => (input ? this.places.get(input) : undefined))
        .find((place) => place?.factor === found.factor);
      if (like) this.places.set(output, { ...found, inner: like.inner });
    }
  }
}
