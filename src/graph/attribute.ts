// Attributes of a node, as ONNX has them.
// An int64 beyond 2^53 is held as the nearest double; 2^63 and above is written back as INT64_MAX, so that the
// "until the end" of old Slice nodes survives. Source: https://github.com/onnx/onnx/blob/main/docs/IR.md
import type { Tensor } from "../tensor/tensor.ts";
import type { Graph } from "./graph.ts";
import type { ValueType } from "./type.ts";

export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "tensors"; readonly value: readonly Tensor[] }
  | { readonly kind: "graph"; readonly value: Graph }
  | { readonly kind: "graphs"; readonly value: readonly Graph[] }
  | { readonly kind: "type"; readonly value: ValueType };

export type Attributes = ReadonlyMap<string, Attribute>;

export const int = (value: number): Attribute => ({ kind: "int", value });
export const float = (value: number): Attribute => ({ kind: "float", value });
export const string = (value: string): Attribute => ({ kind: "string", value });
export const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });
export const floats = (value: readonly number[]): Attribute => ({ kind: "floats", value });
export const strings = (value: readonly string[]): Attribute => ({ kind: "strings", value });
export const tensor = (value: Tensor): Attribute => ({ kind: "tensor", value });
export const subgraph = (value: Graph): Attribute => ({ kind: "graph", value });
