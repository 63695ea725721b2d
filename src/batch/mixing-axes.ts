// Along which axes an operator lets elements meet. A batch there means that samples depend on each other, whatever a run on
// random inputs shows: a sum that only decides a sign hardly ever does.
// Not here: what only a run shows (prove-rows.ts).
import { type Dim, sameDim, symbolsIn } from "../graph/dim.ts";
import { attributeOf, type Graph, type Node, subgraphsOf, type Value } from "../graph/graph.ts";
import { definitionOf } from "../graph/operators/index.ts";
import type { Sizes } from "./sizes.ts";

/** Contents of an input, if they are known. */
type ContentsOf = (value: Value | undefined) => readonly Dim[] | undefined;

type MixingAxes = (node: Node, rank: number, contentsOf: ContentsOf) => readonly number[];

/** The axis of an attribute. */
function attribute(fallback: number): MixingAxes {
  return (node) => [attributeOf(node, "axis", "int") ?? fallback];
}

/** The axes that an input holds. */
function input(index: number): MixingAxes {
  return (node, _, contentsOf) =>
    (contentsOf(node.inputs[index]) ?? []).filter((axis) => typeof axis === "number");
}

/** The axis of an attribute and all behind it. */
const onwards: MixingAxes = (node, rank) => {
  const axis = attributeOf(node, "axis", "int") ?? -1;
  const first = axis < 0 ? axis + rank : axis;
  return Array.from({ length: Math.max(rank - first, 0) }, (_, at) => first + at);
};

const OPERATORS: Readonly<Record<string, MixingAxes>> = {
  Concat: attribute(0),
  CumProd: input(1),
  CumSum: input(1),
  GatherElements: attribute(0),
  Hardmax: attribute(-1),
  LayerNormalization: onwards,
  LogSoftmax: attribute(-1),
  LpNormalization: attribute(-1),
  MeanVarianceNormalization: (node) => attributeOf(node, "axes", "ints") ?? [0, 2, 3],
  RMSNormalization: onwards,
  ReverseSequence: (node) => [attributeOf(node, "time_axis", "int") ?? 0],
  ScatterElements: attribute(0),
  Softmax: attribute(-1),
  TopK: attribute(-1),
};

/** What is known of the values of a graph whose batch is a symbol. */
export interface KnownValues {
  shapeOf(value: Value): readonly Dim[] | undefined;
  contentsOf(value: Value | undefined): readonly Dim[] | undefined;
}

/** The first node that by its nature lets samples meet, and how; every node of the graph must be needed. */
export function mixingNode(
  graph: Graph,
  known: KnownValues,
  sizes: Sizes,
): { readonly node: Node; readonly reason: string } | undefined {
  for (const node of graph.nodes) {
    const reason = subgraphsOf(node).length > 0 ? undefined : reasonOf(node, known, sizes);
    if (reason !== undefined) return { node, reason };
  }
  return undefined;
}

function reasonOf(node: Node, known: KnownValues, sizes: Sizes): string | undefined {
  const shapeOf = (value: Value | undefined) => (value ? known.shapeOf(value) : undefined);
  const hasBatch = (value: Value | undefined) =>
    shapeOf(value)?.some((dim) => sizes.mentionsBatch(dim)) ?? false;
  if (!node.inputs.some(hasBatch)) return undefined;
  const isOne = node.outputs.every((output) => {
    if (!output) return true;
    const shape = known.shapeOf(output);
    return shape?.every((dim) => symbolsIn(dim).size === 0) && !known.contentsOf(output);
  });
  if (isOne) return "its result is one for all samples";
  const batches = (value: Value | undefined) =>
    shapeOf(value)?.filter((dim) => sizes.mentionsBatch(dim)).length ?? 0;
  if (node.outputs.some((output) => batches(output) > 1)) return "its result has the batch on two axes";
  const shape = shapeOf(node.inputs[0]) ?? [];
  const axis = shape.findIndex((dim) => sameDim(dim, sizes.batch));
  const axes = OPERATORS[node.operator]?.(node, shape.length, (value) => known.contentsOf(value)) ?? [];
  const works = axis >= 0 && axes.some((found) => (found < 0 ? found + shape.length : found) === axis);
  if (works) return `it works along axis ${axis}, the batch`;
  return sizes.baked === 1 ? firstRowOfMany(node, known, sizes) : undefined;
}

/** With a batch of 1, `x + table[:batch]` reads the first row of a table; what the next sample reads is not told. */
function firstRowOfMany(node: Node, known: KnownValues, sizes: Sizes): string | undefined {
  if (!definitionOf(node)?.elementwise) return undefined;
  const [output] = node.outputs;
  const shape = output && known.shapeOf(output);
  const fromEnd = shape ? shape.length - shape.findIndex((dim) => sameDim(dim, sizes.batch)) : 0;
  const isFirstRow = (value: Value | undefined): boolean => {
    const table = value?.producer?.operator === "Slice" ? value.producer.inputs[0] : undefined;
    const [all, part] = [table, value].map((each) => (each ? known.shapeOf(each)?.at(-fromEnd) : undefined));
    return part === 1 && typeof all === "number" && all > 1;
  };
  if (fromEnd === 0 || !node.inputs.some(isFirstRow)) return undefined;
  return "an operand is the first row of several, and the next sample's is not told";
}
