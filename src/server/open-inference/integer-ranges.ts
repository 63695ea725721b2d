// Which integers a dtype holds, and narrow ones out of int32.
import { type Problem, problem } from "../../core/errors.ts";
import type { DType } from "../../tensor/dtype.ts";
import type { Datatype } from "./datatypes.ts";

type Range = readonly [least: bigint, most: bigint];

const RANGES: Partial<Record<DType, Range>> = {
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65535n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

const NARROW = { int8: Int8Array, int16: Int16Array, uint8: Uint8Array, uint16: Uint16Array } as const;
type Narrow = keyof typeof NARROW;

/** Elements looked at between two looks at other work. */
const ELEMENTS_A_SLICE = 16_384;

/** The least and the largest integer of a dtype; undefined for those that are no integers. */
export function elementRange(dtype: DType): Range | undefined {
  return RANGES[dtype];
}

/** Integers of less than 32 bits. */
export function isNarrow(dtype: DType): dtype is Narrow {
  return Object.hasOwn(NARROW, dtype);
}

/** The bytes of int32 elements as a narrower dtype, or the first that does not fit it. */
export function* narrowed(
  bytes: Uint8Array,
  dtype: Narrow,
  input: string,
  datatype: Datatype,
): Generator<undefined, Uint8Array | Problem> {
  const wide = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const narrow = new NARROW[dtype](wide.length);
  for (let index = 0; index < wide.length; index++) {
    if (index % ELEMENTS_A_SLICE === ELEMENTS_A_SLICE - 1) yield;
    const value = wide[index] ?? 0;
    narrow[index] = value;
    if (narrow[index] !== value) return problem("OIP_ELEMENT", { input, index, found: value, datatype });
  }
  return new Uint8Array(narrow.buffer);
}
