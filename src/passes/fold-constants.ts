// Computes at conversion what depends on constants and known shapes alone.
// Three ways, the first that applies: bytes that only move (a transposed weight becomes a derived tensor, nothing is
// read); contents that inference knows exactly; integers of medium size by the same definitions with a higher limit.
// Not here: float subgraphs that need an engine (fold-with-engine.ts).
import type { Dim } from "../graph/dim.ts";
import { type Graph, type Node, subgraphsOf, Value } from "../graph/graph.ts";
import { type Knowledge, NodeContext } from "../graph/infer-context.ts";
import { IllTyped, type Inferred, type OperatorDefinition } from "../graph/operators/definition.ts";
import { definitionOf } from "../graph/operators/index.ts";
import { numbersOnly } from "../graph/operators/shapes.ts";
import { tensorType, type ValueType } from "../graph/type.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { BYTES_PER_ELEMENT, isFloat } from "../tensor/dtype.ts";
import { hasNumbers, tensorOfNumbers } from "../tensor/numbers.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { Pass } from "./pass.ts";
import { isOutput, replaceValue } from "./replace-value.ts";

/** A folded constant may be this large, or as large as the constants it comes from: models must not grow by folding. */
export const MAX_FOLDED_BYTES = 256 * 1024;

export const FOLD_CONSTANTS: Pass = {
  name: "fold constants",
  requires: [],
  ensures: ["constants are initializers"],
  run(graph, typed) {
    let changes = 0;
    for (const node of [...graph.nodes]) if (fold(graph, node, typed)) changes++;
    return changes;
  },
};

function fold(graph: Graph, node: Node, typed: TypedGraph): boolean {
  const definition = definitionOf(node);
  if (!definition || definition.random || subgraphsOf(node).length > 0) return false;
  let changed = false;
  for (const [index, output] of node.outputs.entries()) {
    if (!output || output.consumers.size === 0 || isOutput(graph, output)) continue;
    const weight = moved(node, definition, index);
    const tensor = weight ?? known(output, typed) ?? computed(node, definition, index);
    if (!tensor) continue;
    // A transposed weight is still that weight.
    const name = weight && isFloat(weight.dtype) ? (node.inputs[0]?.name ?? "") : "";
    const constant = new Value(name, tensorType(tensor.dtype, tensor.shape));
    constant.initializer = tensor;
    changed = replaceValue(graph, output, constant) || changed;
  }
  return changed;
}

/** Contents that inference has found, whatever the inputs are. */
function known(output: Value, typed: TypedGraph): Tensor | undefined {
  return tensorOf(typed.knownType(output), typed.contentsOf(output));
}

function tensorOf(type: ValueType | undefined, contents: readonly Dim[] | undefined): Tensor | undefined {
  const numbers = numbersOnly(contents);
  if (!numbers || type?.kind !== "tensor" || !hasNumbers(type.dtype)) return undefined;
  const shape = numbersOnly(type.shape);
  return shape && elementCount(shape) === numbers.length
    ? tensorOfNumbers(type.dtype, shape, numbers)
    : undefined;
}

function moved(node: Node, definition: OperatorDefinition, index: number): Tensor | undefined {
  if (index > 0 || !definition.move) return undefined;
  const tensor = attempt(() => definition.move?.(new NodeContext(node, definition, CONSTANTS_ONLY)));
  return tensor && tensor.byteLength <= allowedBytes(node) ? tensor : undefined;
}

function computed(node: Node, definition: OperatorDefinition, index: number): Tensor | undefined {
  if (!node.inputs.every((input) => !input || input.initializer)) return undefined;
  const inferred = attempt(() => definition.infer(new NodeContext(node, definition, CONSTANTS_ONLY))[index]);
  if (inferred?.type.kind !== "tensor" || !inferred.contents) return undefined;
  const bytes = inferred.contents.length * BYTES_PER_ELEMENT[inferred.type.dtype];
  return bytes <= allowedBytes(node) ? tensorOf(inferred.type, inferred.contents) : undefined;
}

/** The result, or undefined where it depends on more than constants. */
function attempt<Result>(compute: () => Result): Result | undefined {
  try {
    return compute();
  } catch (error) {
    if (error instanceof IllTyped) return undefined;
    throw error;
  }
}

/** Most bytes that folding a node may make. */
function allowedBytes(node: Node): number {
  const inputs = new Set(node.inputs.map((input) => input?.initializer));
  let bytes = 0;
  for (const tensor of inputs) bytes += tensor?.byteLength ?? 0;
  return Math.max(bytes, MAX_FOLDED_BYTES);
}

/** Knows constants and nothing else, and looks into larger ones than inference does. */
const CONSTANTS_ONLY: Knowledge = {
  maxElements: MAX_FOLDED_BYTES / 8,
  of: (): Inferred | undefined => undefined,
  unknownDim: () => {
    throw new IllTyped("depends on what only running tells");
  },
  subgraph: () => [],
};
