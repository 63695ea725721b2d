// What is known of an ONNX operator apart from how it is lowered: one typed entry each.
// Adding an operator: one file beside this one, its test, one line in index.ts.
// Invariant: entries are data and pure functions; shared code never compares an operator's name.
import type { Tensor } from "../../tensor/tensor.ts";
import type { Dim } from "../dim.ts";
import type { Node } from "../graph.ts";
import type { TensorType, ValueType } from "../type.ts";

export interface OperatorDefinition {
  readonly op: string;
  /** "" is ai.onnx. */
  readonly domain?: string;
  /** The opset in which the form that the IR holds came to be. */
  readonly since: number;
  /** Output = f(inputs) element by element, with NumPy broadcasting. */
  readonly elementwise?: true;
  /** The result depends on a random generator; never folded, never merged. */
  readonly random?: true;
  /** Types of the outputs, and contents where they are small integers. Undefined where it cannot be told. */
  infer(context: InferContext): readonly (Inferred | undefined)[];
}

export interface Inferred {
  readonly type: ValueType;
  /** Elements of a small integer or bool tensor (at most 1,024), row-major. */
  readonly contents?: readonly Dim[];
}

export interface InferContext {
  readonly node: Node;
  /** Type of the i-th input; undefined if the input is absent or nothing is known of it. */
  type(index: number): TensorType | undefined;
  shape(index: number): readonly Dim[] | undefined;
  contents(index: number): readonly Dim[] | undefined;
  /** The input's constant, if it is one. */
  constant(index: number): Tensor | undefined;
  int(name: string, fallback: number): number;
  ints(name: string): readonly number[] | undefined;
  float(name: string, fallback: number): number;
  string(name: string, fallback: string): string;
  /** A new symbol for a size that only running tells. */
  unknownDim(): Dim;
}
