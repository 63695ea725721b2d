// Element types as the Open Inference Protocol calls them, with the numbers of a model's configuration.
// Source: https://github.com/kserve/open-inference-protocol (Tensor Data Types), Triton's model_config.proto (DataType).
import { tensorflowName } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import type { TensorSpec } from "../../model/signature.ts";
import type { DType } from "../../tensor/dtype.ts";

export type Datatype = keyof typeof DATATYPES;

interface Row {
  readonly dtype: DType;
  /** DataType of model_config.proto, and its name. */
  readonly number: number;
  readonly configName: string;
  /** Half precision: only bytes are exact. */
  readonly binaryOnly: boolean;
}

function row(dtype: DType, number: number, configName: string, binaryOnly = false): Row {
  return { dtype, number, configName, binaryOnly };
}

export const DATATYPES = {
  BOOL: row("bool", 1, "TYPE_BOOL"),
  UINT8: row("uint8", 2, "TYPE_UINT8"),
  UINT16: row("uint16", 3, "TYPE_UINT16"),
  UINT32: row("uint32", 4, "TYPE_UINT32"),
  UINT64: row("uint64", 5, "TYPE_UINT64"),
  INT8: row("int8", 6, "TYPE_INT8"),
  INT16: row("int16", 7, "TYPE_INT16"),
  INT32: row("int32", 8, "TYPE_INT32"),
  INT64: row("int64", 9, "TYPE_INT64"),
  FP16: row("float16", 10, "TYPE_FP16", true),
  FP32: row("float32", 11, "TYPE_FP32"),
  FP64: row("float64", 12, "TYPE_FP64"),
  BYTES: row("string", 13, "TYPE_STRING"),
  BF16: row("bfloat16", 14, "TYPE_BF16", true),
} as const satisfies Record<string, Row>;

const BY_DTYPE = new Map<DType, Datatype>(
  Object.entries(DATATYPES).map(([name, { dtype }]) => [dtype, name as Datatype]), // the keys are datatypes
);

/** The datatype of that name. */
export function datatypeNamed(name: string): Datatype | undefined {
  return Object.hasOwn(DATATYPES, name) ? (name as Datatype) : undefined; // as was just seen
}

/** The datatype of a dtype; undefined for those that the protocol has none for. */
export function datatypeOf(dtype: DType | undefined): Datatype | undefined {
  return dtype && BY_DTYPE.get(dtype);
}

/** What metadata calls a tensor's type: TensorFlow's name where the protocol has none. */
export function datatypeName({ dtype, tensorflowDtype }: TensorSpec): string {
  return datatypeOf(dtype) ?? tensorflowName(tensorflowDtype);
}
