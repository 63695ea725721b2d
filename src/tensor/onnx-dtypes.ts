// ONNX's numbers for element types. Source: https://onnx.ai/onnx/repo-docs/IR.html (TensorProto.DataType)
import type { DType } from "./dtype.ts";

export const ONNX_DTYPES: ReadonlyMap<number, DType> = new Map([
  [1, "float32"],
  [2, "uint8"],
  [3, "int8"],
  [4, "uint16"],
  [5, "int16"],
  [6, "int32"],
  [7, "int64"],
  [8, "string"],
  [9, "bool"],
  [10, "float16"],
  [11, "float64"],
  [12, "uint32"],
  [13, "uint64"],
  [14, "complex64"],
  [15, "complex128"],
  [16, "bfloat16"],
  [17, "float8_e4m3fn"],
  [18, "float8_e4m3fnuz"],
  [19, "float8_e5m2"],
  [20, "float8_e5m2fnuz"],
]);

const NUMBERS: ReadonlyMap<DType, number> = new Map(
  [...ONNX_DTYPES].map(([number, dtype]) => [dtype, number]),
);

export function onnxNumber(dtype: DType): number {
  return NUMBERS.get(dtype) as number; // the table has every dtype
}
