// A TensorFlow graph in memory: raw operators with typed attributes, ready to be written as a GraphDef.
// Invariants: nodes are in topological order; names are unique and legal (node-names.ts); shapes are physical, that is
// in the order in which the bytes stand.
// Not here: its wire form (write/saved-model/), how it is made from ONNX (lower/).
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Element types, with the two that only live inside a graph. */
export type TfType = DType | "resource" | "variant";

/** Sizes with -1 where they are free; undefined where not even the rank is known. */
export type TfShape = readonly number[] | undefined;

export type TfAttribute =
  | { readonly kind: "type"; readonly value: TfType }
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "shape"; readonly value: TfShape }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "func"; readonly value: string }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "types"; readonly value: readonly TfType[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "shapes"; readonly value: readonly TfShape[] };

export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly TfValue[];
  /** Nodes that must have run before. */
  readonly controls: readonly TfNode[];
  readonly attributes: ReadonlyMap<string, TfAttribute>;
  /** Outputs of an operator that TensorFlow itself does not have, but the user's server. */
  readonly foreign?: readonly ForeignOutput[];
}

export interface ForeignOutput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: TfShape;
}

/** One output of a node. */
export interface TfValue {
  readonly node: TfNode;
  readonly index: number;
  readonly dtype: TfType;
  /** Name of the output and its place there, by which a function's body refers to it, such as `z:0`. */
  readonly port: string;
}

/** A weight: restored from the checkpoint when the model is loaded. */
export interface TfVariable {
  /** Name of the handle's node and key in the checkpoint. */
  readonly name: string;
  readonly tensor: Tensor;
  readonly handle: TfNode;
  readonly read: TfNode;
}

/** An input or output of the signature. */
export interface TfEndpoint {
  /** The key that clients use. */
  readonly key: string;
  readonly value: TfValue;
  readonly dtype: DType;
  readonly shape: TfShape;
}

/** A function of the graph's library: the body of a branch or a loop. */
export interface TfFunction {
  readonly name: string;
  readonly inputs: readonly { readonly name: string; readonly dtype: TfType }[];
  readonly outputs: readonly { readonly name: string; readonly value: TfValue }[];
  readonly nodes: readonly TfNode[];
}

export interface TfGraph {
  readonly nodes: readonly TfNode[];
  readonly functions: readonly TfFunction[];
  readonly variables: readonly TfVariable[];
  readonly inputs: readonly TfEndpoint[];
  readonly outputs: readonly TfEndpoint[];
}
