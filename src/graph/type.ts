// What is known of a value: element type, shape, and for small integer tensors the contents themselves.
import type { DType } from "../tensor/dtype.ts";
import type { Dim } from "./dim.ts";

/** Type of a dense tensor. A missing shape means that not even the rank is known. */
export interface TensorType {
  readonly kind: "tensor";
  readonly dtype: DType;
  readonly shape?: readonly Dim[];
}

export interface SequenceType {
  readonly kind: "sequence";
  readonly element: ValueType;
}

export interface OptionalType {
  readonly kind: "optional";
  readonly element: ValueType;
}

export type ValueType = TensorType | SequenceType | OptionalType;

export function tensorType(dtype: DType, shape?: readonly Dim[]): TensorType {
  return shape ? { kind: "tensor", dtype, shape } : { kind: "tensor", dtype };
}

/** `float32[batch, 3, 224, 224]`, for messages. */
export function typeText(type: ValueType | undefined): string {
  if (!type) return "unknown";
  if (type.kind !== "tensor") return `${type.kind}(${typeText(type.element)})`;
  return `${type.dtype}[${type.shape ? type.shape.map(String).join(", ") : "..."}]`;
}
