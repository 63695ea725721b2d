// Which field of a TensorProto holds which element types, and in what form.
// Source: tensorflow/core/framework/tensor.proto and tensor.cc.
import type { DType } from "../../../tensor/dtype.ts";

/** `raw`: the wire's packed bytes are the tensor's bytes. `varint`: one varint an element. `bytes`: not repeated. */
export type FieldForm = "raw" | "varint" | "strings" | "bytes";

export interface TensorField {
  readonly number: number;
  readonly form: FieldForm;
}

export const TENSOR_CONTENT = 4;

export const TENSOR_FIELDS: Readonly<Record<DType, TensorField>> = {
  float32: { number: 5, form: "raw" },
  float64: { number: 6, form: "raw" },
  int32: { number: 7, form: "varint" },
  int16: { number: 7, form: "varint" },
  int8: { number: 7, form: "varint" },
  uint16: { number: 7, form: "varint" },
  uint8: { number: 7, form: "varint" },
  string: { number: 8, form: "strings" },
  complex64: { number: 9, form: "raw" },
  int64: { number: 10, form: "varint" },
  bool: { number: 11, form: "varint" },
  complex128: { number: 12, form: "raw" },
  float16: { number: 13, form: "varint" },
  bfloat16: { number: 13, form: "varint" },
  uint32: { number: 16, form: "varint" },
  uint64: { number: 17, form: "varint" },
  float8_e4m3fn: { number: 18, form: "bytes" },
  float8_e5m2: { number: 18, form: "bytes" },
  float8_e4m3fnuz: { number: 18, form: "bytes" },
  float8_e5m2fnuz: { number: 18, form: "bytes" },
};
