// Weights of 4 and 2 bits as integers of 8, which the IR has: the same numbers, for operators that only take the numbers.
// Packing: https://onnx.ai/onnx/technical/int4.html: the first element in the lowest bits of a byte.
// Invariant: what a wider type would change (rounding into it, its bytes) is refused by takesWidened.
import type { DType } from "../../tensor/dtype.ts";
import { derivedTensor, elementCount, type Tensor } from "../../tensor/tensor.ts";

export interface Narrow {
  readonly bits: 2 | 4;
  readonly dtype: DType;
}

/** By TensorProto.data_type. */
export const NARROW_TYPES: ReadonlyMap<number, Narrow> = new Map([
  [21, { bits: 4, dtype: "uint8" }],
  [22, { bits: 4, dtype: "int8" }],
  [25, { bits: 2, dtype: "uint8" }],
  [26, { bits: 2, dtype: "int8" }],
]);

const widened = new WeakSet<Tensor>();

/** Bytes that `count` packed elements take. */
export function packedBytes(count: number, { bits }: Narrow): number {
  return Math.ceil((count * bits) / 8);
}

/** The elements of `packed`, a vector of bytes, one a byte. */
export function widen(packed: Tensor, shape: readonly number[], { bits, dtype }: Narrow): Tensor {
  const mask = 2 ** bits - 1;
  const sign = dtype === "int8" ? 2 ** (bits - 1) : 0;
  const tensor = derivedTensor(dtype, shape, () => {
    const bytes = packed.read();
    const elements = new Uint8Array(elementCount(shape));
    for (let index = 0; index < elements.length; index++) {
      const bit = index * bits;
      const element = ((bytes[bit >> 3] ?? 0) >> (bit & 7)) & mask;
      elements[index] = (element ^ sign) - sign; // carries the sign on
    }
    return elements;
  });
  widened.add(tensor);
  return tensor;
}

export function isWidened(tensor: Tensor | undefined): boolean {
  return tensor !== undefined && widened.has(tensor);
}

/** Operators that only take the numbers of a weight. */
export function takesWidened(op: string): boolean {
  return op === "DequantizeLinear" || op === "Cast";
}
