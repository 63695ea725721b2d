// What a definition's `infer` sees of one node. The knowledge of values is handed in, so that inference over a whole
// graph and the folding of one node use the same definitions.
import { elementsOf } from "../tensor/elements.ts";
import { hasNumbers, numbersOf } from "../tensor/numbers.ts";
import { elementCount, type Tensor } from "../tensor/tensor.ts";
import type { Attribute } from "./attribute.ts";
import type { Dim } from "./dim.ts";
import type { Node, Value } from "./graph.ts";
import {
  IllTyped,
  type InferContext,
  type Inferred,
  type OperatorDefinition,
} from "./operators/definition.ts";
import { type TensorType, tensorType, type ValueType } from "./type.ts";
import type { TypedGraph } from "./typed-graph.ts";

/** Larger tensors have no contents; shapes and what is computed from them are far smaller. */
export const MAX_CONTENTS_ELEMENTS = 1024;

/** The knowledge of a typed graph, for asking a definition about one node of it. */
export function knowledgeOf(typed: TypedGraph): Knowledge {
  return {
    maxElements: MAX_CONTENTS_ELEMENTS,
    of: (value) => {
      const type = typed.knownType(value);
      return type && { type, contents: typed.contentsOf(value) };
    },
    unknownDim: () => {
      throw new IllTyped("a size is not known");
    },
    subgraph: () => [],
  };
}

/** What the surroundings know. */
export interface Knowledge {
  readonly maxElements: number;
  /** Of a value that is no constant. */
  of(value: Value): Inferred | undefined;
  unknownDim(): Dim;
  subgraph(
    node: Node,
    name: string,
    inputs: readonly (Inferred | undefined)[],
  ): readonly (Inferred | undefined)[];
}

export class NodeContext implements InferContext {
  readonly node: Node;
  private readonly definition: OperatorDefinition;
  private readonly knowledge: Knowledge;

  constructor(node: Node, definition: OperatorDefinition, knowledge: Knowledge) {
    this.node = node;
    this.definition = definition;
    this.knowledge = knowledge;
  }

  get maxElements(): number {
    return this.knowledge.maxElements;
  }

  valueType(index: number): ValueType | undefined {
    const value = this.node.inputs[index];
    if (!value) return undefined;
    const { initializer } = value;
    return initializer ? tensorType(initializer.dtype, initializer.shape) : this.knowledge.of(value)?.type;
  }

  type(index: number): TensorType | undefined {
    const type = this.valueType(index);
    return type?.kind === "tensor" ? type : undefined;
  }

  shape(index: number): readonly Dim[] | undefined {
    return this.type(index)?.shape;
  }

  contents(index: number): readonly Dim[] | undefined {
    const value = this.node.inputs[index];
    if (!value) return undefined;
    if (value.initializer) return contentsOfConstant(value.initializer, this.maxElements);
    return this.knowledge.of(value)?.contents;
  }

  constant(index: number): Tensor | undefined {
    return this.node.inputs[index]?.initializer;
  }

  int(name: string, fallback?: number): number {
    return this.attribute(name, "int") ?? fallback ?? missing(name);
  }

  float(name: string, fallback?: number): number {
    return this.attribute(name, "float") ?? fallback ?? missing(name);
  }

  string(name: string, fallback?: string): string {
    return this.attribute(name, "string") ?? fallback ?? missing(name);
  }

  ints(name: string): readonly number[] | undefined {
    return this.attribute(name, "ints");
  }

  unknownDim(): Dim {
    return this.knowledge.unknownDim();
  }

  subgraph(name: string, inputs: readonly (Inferred | undefined)[]): readonly (Inferred | undefined)[] {
    return this.knowledge.subgraph(this.node, name, inputs);
  }

  /** The node's attribute, else the definition's default. */
  private attribute<Kind extends Attribute["kind"]>(name: string, kind: Kind) {
    const spec = this.definition.attributes?.[name];
    const attribute = this.node.attributes.get(name) ?? (typeof spec === "object" ? spec : undefined);
    if (attribute && attribute.kind !== kind) throw new IllTyped(`attribute ${name} is no ${kind}`);
    return attribute?.value as Extract<Attribute, { readonly kind: Kind }>["value"] | undefined; // of that kind
  }
}

function missing(name: string): never {
  throw new IllTyped(`attribute ${name} is missing`);
}

const cache = new WeakMap<Tensor, readonly number[] | undefined>();

/** What slices have for "to the end", which is 2^63 and its negative here. */
const ENDS: readonly bigint[] = [2n ** 63n - 1n, 1n - 2n ** 63n];

/** The elements of a small constant as numbers. */
export function contentsOfConstant(tensor: Tensor, maxElements: number): readonly number[] | undefined {
  if (!hasNumbers(tensor.dtype) || elementCount(tensor.shape) > maxElements) return undefined;
  if (!cache.has(tensor)) cache.set(tensor, exactNumbers(tensor));
  return cache.get(tensor);
}

/** Undefined if one of them is a 64-bit integer that no double holds. */
function exactNumbers(tensor: Tensor): readonly number[] | undefined {
  const numbers = numbersOf(tensor);
  const { dtype } = tensor;
  if ((dtype !== "int64" && dtype !== "uint64") || numbers.every(Number.isSafeInteger)) return numbers;
  const exact = elementsOf(dtype, tensor.read());
  const isKept = (value: number, at: number) =>
    exact[at] === BigInt(value) || ENDS.includes(exact[at] as bigint); // of 64 bits
  return numbers.every(isKept) ? numbers : undefined;
}
