// Element types in torch.save's pickles: a class of storage in old records, a dtype's name in new ones.
// Source: https://github.com/pytorch/pytorch/blob/main/torch/storage.py
import { isRecord, type PickleValue } from "../../bytes/pickle/values.ts";
import type { DType } from "../../tensor/dtype.ts";

const STORAGES: ReadonlyMap<string, DType> = new Map([
  ["FloatStorage", "float32"],
  ["DoubleStorage", "float64"],
  ["HalfStorage", "float16"],
  ["BFloat16Storage", "bfloat16"],
  ["CharStorage", "int8"],
  ["ShortStorage", "int16"],
  ["IntStorage", "int32"],
  ["LongStorage", "int64"],
  ["ByteStorage", "uint8"],
  ["BoolStorage", "bool"],
  ["ComplexFloatStorage", "complex64"],
  ["ComplexDoubleStorage", "complex128"],
]);

const NAMES: ReadonlyMap<string, DType> = new Map(
  [
    ...STORAGES.values(),
    "uint16",
    "uint32",
    "uint64",
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e4m3fnuz",
    "float8_e5m2fnuz",
  ].map((name) => [name, name as DType]), // each is a dtype's name
);

/** `torch.FloatStorage` or `torch.uint16` as an element type. */
export function dtypeOfGlobal(value: PickleValue | undefined): DType | undefined {
  if (!isRecord(value) || value.kind !== "global" || value.module !== "torch") return undefined;
  return STORAGES.get(value.name) ?? NAMES.get(value.name);
}
