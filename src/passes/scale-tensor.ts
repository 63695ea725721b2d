// A weight multiplied by one factor a slice, as a derived tensor: nothing is read before the result is written.
import { hasNumbers, numbersOf, tensorOfNumbers } from "../tensor/numbers.ts";
import { derivedTensor, elementCount, type Tensor } from "../tensor/tensor.ts";

/** Factors for the slices along some axes, and how an element finds its factor. */
export interface Scaling {
  /** Computed when the tensor is read; in double precision. */
  readonly factors: () => readonly number[];
  /** Slice of the element at `index` (row-major), for the inner loop: floor(index / run) mapped by `sliceOf`. */
  readonly run: number;
  sliceOf(row: number): number;
}

/** w'[i] = w[i] * factors[slice of i], rounded once. */
export function scaledTensor(tensor: Tensor, scaling: Scaling): Tensor {
  return derivedTensor(tensor.dtype, tensor.shape, () => {
    const factors = scaling.factors();
    if (tensor.dtype === "float32") return scaleFloats(tensor.read(), scaling, factors);
    const numbers = numbersOf(tensor);
    for (let index = 0; index < numbers.length; index++) {
      const slice = scaling.sliceOf(Math.floor(index / scaling.run));
      numbers[index] = (numbers[index] ?? 0) * (factors[slice] ?? 1);
    }
    return tensorOfNumbers(tensor.dtype, tensor.shape, numbers).read();
  });
}

function scaleFloats(bytes: Uint8Array, scaling: Scaling, factors: readonly number[]): Uint8Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const from = new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const to = new Float32Array(from.length);
  for (let start = 0, row = 0; start < from.length; start += scaling.run, row++) {
    const factor = factors[scaling.sliceOf(row)] ?? 1;
    const end = Math.min(start + scaling.run, from.length);
    for (let index = start; index < end; index++) to[index] = (from[index] ?? 0) * factor;
  }
  return new Uint8Array(to.buffer);
}

/** One factor for each index of `axis`. */
export function alongAxis(shape: readonly number[], axis: number, factors: () => readonly number[]): Scaling {
  const size = shape[axis] ?? 1;
  return { factors, run: Math.max(elementCount(shape.slice(axis + 1)), 1), sliceOf: (row) => row % size };
}

export function canScale(tensor: Tensor): boolean {
  return hasNumbers(tensor.dtype) && (tensor.dtype.startsWith("float") || tensor.dtype === "bfloat16");
}
