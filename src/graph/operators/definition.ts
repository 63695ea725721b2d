// What is known of an ONNX operator apart from how it is lowered: one typed entry each.
// Adding an operator: one file beside this one (or a row in its family's), its test, one line in index.ts.
// Invariant: entries are data and pure functions; shared code never compares an operator's name.
import type { Tensor } from "../../tensor/tensor.ts";
import type { Attribute } from "../attribute.ts";
import type { Dim } from "../dim.ts";
import type { Node } from "../graph.ts";
import type { TensorType, ValueType } from "../type.ts";

/** An attribute's default, or only its kind where it has none. */
export type AttributeSpec = Attribute | Attribute["kind"];

export interface OperatorDefinition {
  readonly op: string;
  /** "" is ai.onnx. */
  readonly domain?: string;
  /** The opset in which the form that the IR holds came to be. */
  readonly since: number;
  /** The opset that a node needs, where its attributes or the types of its inputs ask for more than `since`. */
  sinceFor?(node: Node): number;
  /** Every attribute of the operator; none if absent. */
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  /** Output = f(inputs) element by element, with NumPy broadcasting. */
  readonly elementwise?: true;
  /** The result depends on a random generator; never folded, never merged. */
  readonly random?: true;
  /** Of another party: its attributes are not listed here, and no engine is sure to have it, so it is never folded. */
  readonly foreign?: true;
  /**
   * Types of the outputs, and contents where they are small and exactly known.
   * Undefined where it cannot be told. Throws IllTyped if the inputs do not fit together.
   */
  infer(context: InferContext): readonly (Inferred | undefined)[];
  /** Which input comes out as the first output, where the node may change nothing. */
  passesOn?(context: InferContext): PassesOn | undefined;
  /**
   * The first output as a tensor that moves the bytes of constant inputs when it is read, not now.
   * Undefined if the inputs that matter are no constants.
   */
  move?(context: InferContext): Tensor | undefined;
}

export interface PassesOn {
  readonly input: number;
  /** Always; otherwise only if both have the same type. */
  readonly always?: true;
}

export interface Inferred {
  readonly type: ValueType;
  /** Elements in row-major order, if all are known: numbers for every real dtype, expressions for integers. */
  readonly contents?: readonly Dim[] | undefined;
}

export interface InferContext {
  readonly node: Node;
  /** Most elements for which contents are worth computing. */
  readonly maxElements: number;
  /** Type of the i-th input; undefined if the input is absent, no tensor, or nothing is known of it. */
  type(index: number): TensorType | undefined;
  shape(index: number): readonly Dim[] | undefined;
  contents(index: number): readonly Dim[] | undefined;
  /** The input's constant, if it is one. */
  constant(index: number): Tensor | undefined;
  /** Type of the i-th input, sequences and optionals too. */
  valueType(index: number): ValueType | undefined;
  /** Attributes, with the definition's default. One without default that is missing is `fallback`, else IllTyped. */
  int(name: string, fallback?: number): number;
  float(name: string, fallback?: number): number;
  string(name: string, fallback?: string): string;
  ints(name: string): readonly number[] | undefined;
  /** A new symbol for a size that only running tells. */
  unknownDim(): Dim;
  /** What a graph attribute returns, given what is known of its inputs. */
  subgraph(name: string, inputs: readonly (Inferred | undefined)[]): readonly (Inferred | undefined)[];
}

/** Thrown by `infer`: the inputs contradict each other or the attributes. The message is the reason alone. */
export class IllTyped extends Error {
  override name = "IllTyped";
}
