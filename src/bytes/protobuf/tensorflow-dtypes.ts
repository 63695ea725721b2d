// TensorFlow's numbers and names for element types. Source: tensorflow/core/framework/types.proto
import type { DType } from "../../tensor/dtype.ts";

const ROWS: readonly (readonly [number, string, DType | undefined])[] = [
  [0, "DT_INVALID", undefined],
  [1, "DT_FLOAT", "float32"],
  [2, "DT_DOUBLE", "float64"],
  [3, "DT_INT32", "int32"],
  [4, "DT_UINT8", "uint8"],
  [5, "DT_INT16", "int16"],
  [6, "DT_INT8", "int8"],
  [7, "DT_STRING", "string"],
  [8, "DT_COMPLEX64", "complex64"],
  [9, "DT_INT64", "int64"],
  [10, "DT_BOOL", "bool"],
  [11, "DT_QINT8", undefined],
  [12, "DT_QUINT8", undefined],
  [13, "DT_QINT32", undefined],
  [14, "DT_BFLOAT16", "bfloat16"],
  [15, "DT_QINT16", undefined],
  [16, "DT_QUINT16", undefined],
  [17, "DT_UINT16", "uint16"],
  [18, "DT_COMPLEX128", "complex128"],
  [19, "DT_HALF", "float16"],
  [20, "DT_RESOURCE", undefined],
  [21, "DT_VARIANT", undefined],
  [22, "DT_UINT32", "uint32"],
  [23, "DT_UINT64", "uint64"],
  [24, "DT_FLOAT8_E5M2", "float8_e5m2"],
  [25, "DT_FLOAT8_E4M3FN", "float8_e4m3fn"],
  [26, "DT_FLOAT8_E4M3FNUZ", "float8_e4m3fnuz"],
  [27, "DT_FLOAT8_E4M3B11FNUZ", undefined],
  [28, "DT_FLOAT8_E5M2FNUZ", "float8_e5m2fnuz"],
  [29, "DT_INT4", undefined],
  [30, "DT_UINT4", undefined],
  [31, "DT_INT2", undefined],
  [32, "DT_UINT2", undefined],
  [33, "DT_FLOAT4_E2M1FN", undefined],
];

const BY_NUMBER = new Map(ROWS.map((row) => [row[0], row]));
const BY_DTYPE = new Map(ROWS.flatMap(([number, , dtype]) => (dtype ? [[dtype, number] as const] : [])));

/** Every DataType by its name. */
export const TENSORFLOW_NAMES: Readonly<Record<string, number>> = Object.fromEntries(
  ROWS.map(([number, name]) => [name, number]),
);

/** The dtype of a DataType number, if we have one. */
export function tensorflowDtype(number: number): DType | undefined {
  return BY_NUMBER.get(number)?.[2];
}

/** The DataType number of a dtype. */
export function tensorflowNumber(dtype: DType): number {
  return BY_DTYPE.get(dtype) as number; // the table has every dtype
}

/** `DT_FLOAT` and so on, as saved_model_cli prints it. */
export function tensorflowName(number: number): string {
  // 100 + n is a reference to a tensor of type n.
  if (number > 100 && number < 200) return `${tensorflowName(number - 100)}_REF`;
  return BY_NUMBER.get(number)?.[1] ?? `DT_${number}`;
}
