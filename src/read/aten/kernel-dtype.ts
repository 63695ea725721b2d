// Dtypes in which ONNX Runtime's CPU kernels compute, for operators that PyTorch has for every dtype.
// Widening an integer, computing modulo 2^32 or 2^64 and narrowing again gives PyTorch's wrapping results exactly.
// Source: https://github.com/microsoft/onnxruntime/blob/main/docs/OperatorKernels.md
import type { DType } from "../../tensor/dtype.ts";

const ARITHMETIC: Partial<Record<DType, DType>> = {
  bool: "int32",
  int8: "int32",
  int16: "int32",
  uint8: "int32",
  uint16: "int32",
  uint32: "int64",
  uint64: "int64",
};

/** For Add, Mul, comparisons and reductions. */
export function arithmeticDType(dtype: DType): DType {
  return ARITHMETIC[dtype] ?? dtype;
}

/** For Where, Pad, ScatterElements and others that only move elements: bool has no kernel everywhere, uint8 has. */
export function movableDType(dtype: DType): DType {
  return dtype === "bool" ? "uint8" : dtype;
}
