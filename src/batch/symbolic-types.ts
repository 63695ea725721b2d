// Types of a graph whose batch is a symbol, node by node, and what does not fit when the batch has another size than the
// file's: each node is inferred with the symbol and with a number that no constant of the model has.
// Not here: making nodes fit (free-graph.ts).
import type { Dim } from "../graph/dim.ts";
import { symbol } from "../graph/dim.ts";
import { type Graph, type Node, subgraphsOf, type Value } from "../graph/graph.ts";
import {
  contentsOfConstant,
  type Knowledge,
  MAX_CONTENTS_ELEMENTS,
  NodeContext,
} from "../graph/infer-context.ts";
import { IllTyped, type Inferred } from "../graph/operators/definition.ts";
import { definitionOf } from "../graph/operators/index.ts";
import { tensorType, typeText } from "../graph/type.ts";
import type { Sizes } from "./sizes.ts";

/** Symbols for sizes that only running tells. */
const UNKNOWN = "unknown size ";

type Known = readonly (Inferred | undefined)[];

/** What a node makes of its inputs, or why it makes nothing. */
export type Outcome =
  | {
      readonly fits: true;
      readonly outputs: Known;
      /** Some result has the batch in its shape. */
      readonly keepsBatch: boolean;
      /** An input has it and no result. */
      readonly losesBatch: boolean;
    }
  | { readonly fits: false; readonly reason: string };

export class SymbolicTypes implements Knowledge {
  readonly maxElements = MAX_CONTENTS_ELEMENTS;
  private readonly sizes: Sizes;
  private readonly known = new Map<Value, Inferred>();
  /** Sizes in the file, which the symbolic ones must agree with; undefined for values that are not in it. */
  readonly shapeInFile: (value: Value) => readonly Dim[] | undefined;
  private unknowns = 0;

  constructor(sizes: Sizes, shapeInFile: (value: Value) => readonly Dim[] | undefined) {
    this.sizes = sizes;
    this.shapeInFile = shapeInFile;
  }

  of(value: Value): Inferred | undefined {
    if (value.initializer) return { type: tensorType(value.initializer.dtype, value.initializer.shape) };
    return this.known.get(value) ?? (value.type && { type: value.type });
  }

  shapeOf(value: Value): readonly Dim[] | undefined {
    const type = this.of(value)?.type;
    return type?.kind === "tensor" ? type.shape : undefined;
  }

  contentsOf(value: Value | undefined): readonly Dim[] | undefined {
    if (!value?.initializer) return value && this.known.get(value)?.contents;
    return contentsOfConstant(value.initializer, this.maxElements);
  }

  hasBatch(value: Value | undefined): boolean {
    return (value && this.shapeOf(value)?.some((dim) => this.sizes.mentionsBatch(dim))) ?? false;
  }

  unknownDim(): Dim {
    return symbol(`${UNKNOWN}${this.unknowns++}`);
  }

  subgraph(node: Node, name: string, inputs: Known): Known {
    const attribute = node.attributes.get(name);
    if (attribute?.kind !== "graph") throw new IllTyped(`attribute ${name} is no graph`);
    const inner = attribute.value;
    for (const [index, input] of inner.inputs.entries()) this.set(input, inputs[index]);
    this.followInside(inner);
    return inner.outputs.map((output) => this.of(output));
  }

  /** What the node gives for its inputs as they are. */
  outcome(node: Node): Outcome {
    try {
      const outputs = this.infer(node, this);
      const reason = subgraphsOf(node).length > 0 ? undefined : this.misfit(node, outputs);
      if (reason !== undefined) return { fits: false, reason };
      const keepsBatch = outputs.some((output) =>
        shapeIn(output)?.some((dim) => this.sizes.mentionsBatch(dim)),
      );
      return { fits: true, outputs, keepsBatch, losesBatch: !keepsBatch && this.losesBatch(node, outputs) };
    } catch (error) {
      if (error instanceof IllTyped) return { fits: false, reason: this.sizes.withNames(error.message) };
      throw error;
    }
  }

  record(node: Node, outputs: Known): void {
    for (const [index, output] of node.outputs.entries()) if (output) this.set(output, outputs[index]);
  }

  private set(value: Value, known: Inferred | undefined): void {
    if (known) this.known.set(value, known);
    else this.known.delete(value);
  }

  private infer(node: Node, knowledge: Knowledge): Known {
    const definition = definitionOf(node);
    return definition ? definition.infer(new NodeContext(node, definition, knowledge)) : [];
  }

  private followInside(graph: Graph): void {
    for (const node of graph.nodes) {
      const outcome = this.outcome(node);
      if (!outcome.fits) throw new IllTyped(`${node.operator} inside it: ${outcome.reason}`);
      this.record(node, outcome.outputs);
    }
  }

  /** What shows that the result holds for the file's batch alone. */
  private misfit(node: Node, outputs: Known): string | undefined {
    const probed = this.infer(node, this.probe());
    for (const [index, output] of node.outputs.entries()) {
      const found = shapeIn(outputs[index]);
      const numbers = shapeIn(probed[index]);
      const wanted = output && this.shapeInFile(output);
      if (!output || !found || found.some(isUnknown)) continue;
      const text = typeText(outputs[index]?.type);
      if (wanted && !this.sameInFile(found, wanted)) return `${text} would come out`;
      if (!found.every((dim) => this.sizes.isMultiple(dim)))
        return `${text} is not as many rows for each sample`;
      if (numbers?.some((size, axis) => size !== this.sizes.atProbe(found[axis] ?? 0)))
        return `${text} holds for a batch of ${this.sizes.baked} only`;
    }
    return undefined;
  }

  private sameInFile(found: readonly Dim[], wanted: readonly Dim[]): boolean {
    if (found.length !== wanted.length) return false;
    return found.every((dim, axis) => {
      const other = wanted[axis] ?? 0;
      // An expression that the file could not tell is no reason.
      return typeof other !== "number" || this.sizes.inFile(dim) === other;
    });
  }

  private probe(): Knowledge {
    const probed = (known: Inferred | undefined) => known && this.sizes.probed(known);
    return {
      maxElements: this.maxElements,
      of: (value) => probed(this.of(value)),
      unknownDim: () => this.unknownDim(),
      subgraph: () => [],
    };
  }

  private losesBatch(node: Node, outputs: Known): boolean {
    if (!node.inputs.some((input) => this.hasBatch(input))) return false;
    return outputs.every((output) => {
      const shape = shapeIn(output);
      return shape !== undefined && !output?.contents && !shape.some(isUnknown);
    });
  }
}

function shapeIn(known: Inferred | undefined): readonly Dim[] | undefined {
  return known?.type.kind === "tensor" ? known.type.shape : undefined;
}

function isUnknown(dim: Dim): boolean {
  return typeof dim !== "number" && dim.key.includes(UNKNOWN);
}
