// Element types as TensorFlow's messages call them. Source: tensorflow/core/framework/types.cc (DataTypeString).
import type { DType } from "../../tensor/dtype.ts";

const NAMES: Partial<Record<DType, string>> = { float32: "float", float64: "double", float16: "half" };

/** `float` for float32, `half` for float16; most others are called what we call them. */
export function tensorflowDtypeName(dtype: DType): string {
  return NAMES[dtype] ?? dtype;
}
