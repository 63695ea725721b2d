// torch.export's numbers for element types; not those of TorchScript or c10.
// Source: https://github.com/pytorch/pytorch/blob/main/torch/_export/serde/schema.py (ScalarType)
import type { DType } from "../../tensor/dtype.ts";

/** Types that the IR does not have (complex32, quantised, float8_e8m0fnu) are absent. */
export const PT2_DTYPES: ReadonlyMap<number, DType> = new Map([
  [1, "uint8"],
  [2, "int8"],
  [3, "int16"],
  [4, "int32"],
  [5, "int64"],
  [6, "float16"],
  [7, "float32"],
  [8, "float64"],
  [10, "complex64"],
  [11, "complex128"],
  [12, "bool"],
  [13, "bfloat16"],
  [28, "uint16"],
  [29, "float8_e4m3fn"],
  [30, "float8_e5m2"],
  [31, "float8_e4m3fnuz"],
  [32, "float8_e5m2fnuz"],
  [34, "uint32"],
  [35, "uint64"],
]);
