// c10's numbers for element types, which TorchScript's code uses; not those of torch.export.
// Source: https://github.com/pytorch/pytorch/blob/main/c10/core/ScalarType.h
import type { DType } from "../../tensor/dtype.ts";

/** Types that the IR does not have (complex32, quantised ones) are absent. */
export const C10_DTYPES: ReadonlyMap<number, DType> = new Map([
  [0, "uint8"],
  [1, "int8"],
  [2, "int16"],
  [3, "int32"],
  [4, "int64"],
  [5, "float16"],
  [6, "float32"],
  [7, "float64"],
  [9, "complex64"],
  [10, "complex128"],
  [11, "bool"],
  [15, "bfloat16"],
  [23, "float8_e5m2"],
  [24, "float8_e4m3fn"],
  [25, "float8_e5m2fnuz"],
  [26, "float8_e4m3fnuz"],
  [27, "uint16"],
  [28, "uint32"],
  [29, "uint64"],
]);

const NUMBERS: ReadonlyMap<DType, number> = new Map(
  [...C10_DTYPES].map(([number, dtype]) => [dtype, number]),
);

export function c10Number(dtype: DType): number {
  return NUMBERS.get(dtype) ?? -1;
}
