// The value of a dtype that is below all others, for padding before a maximum.
import type { DType } from "../../tensor/dtype.ts";

const LOWEST: Readonly<Partial<Record<DType, number>>> = {
  int8: -(2 ** 7),
  int16: -(2 ** 15),
  int32: -(2 ** 31),
  int64: -(2 ** 63),
  uint8: 0,
  uint16: 0,
  uint32: 0,
  uint64: 0,
};

/** The value below all others. */
export function lowestOf(dtype: DType): number {
  return LOWEST[dtype] ?? Number.NEGATIVE_INFINITY;
}
