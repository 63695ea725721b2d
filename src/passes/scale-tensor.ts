// A weight multiplied by one factor a slice, as a derived tensor: nothing is read before the result is written.
import { bytesOfNumbers, hasNumbers, numbersOf } from "../tensor/numbers.ts";
import { derivedTensor, elementCount, type Tensor } from "../tensor/tensor.ts";

/** Factors for the slices along some axes, and how an element finds its factor. */
export interface Scaling {
  /** In double precision. Asked for when the tensor is read: of one read in pieces, for every piece. */
  readonly factors: () => readonly number[];
  /** Slice of the element at `index` (row-major), for the inner loop: floor(index / run) mapped by `sliceOf`. */
  readonly run: number;
  sliceOf(row: number): number;
}

/** w'[i] = w[i] * factors[slice of i], rounded once. Read in pieces, and into memory that is there, where `tensor` is. */
export function scaledTensor(tensor: Tensor, scaling: Scaling): Tensor {
  const { dtype, shape, readInto } = tensor;
  if (dtype !== "float32") return derivedTensor(dtype, shape, () => scaleNumbers(tensor, scaling));
  const scaled = derivedTensor(dtype, shape, () => {
    const floats = floatsOf(tensor.read()).slice();
    scaleFloats(floats, 0, scaling);
    return new Uint8Array(floats.buffer);
  });
  if (!readInto) return scaled;
  return { ...scaled, readInto: (target, from) => readScaled(readInto, target, from, scaling) };
}

function scaleNumbers(tensor: Tensor, { factors, run, sliceOf }: Scaling): Uint8Array {
  const factorOf = factors();
  const numbers = numbersOf(tensor);
  for (let index = 0; index < numbers.length; index++) {
    const slice = sliceOf(Math.floor(index / run));
    numbers[index] = (numbers[index] ?? 0) * (factorOf[slice] ?? 1);
  }
  return bytesOfNumbers(tensor.dtype, numbers);
}

/** Any bytes of the result: scaled where they are read, if these are whole floats where floats may lie. */
function readScaled(
  readInto: NonNullable<Tensor["readInto"]>,
  target: Uint8Array,
  from: number,
  scaling: Scaling,
): void {
  const cut = from % 4;
  const isWhole = cut === 0 && target.byteOffset % 4 === 0 && target.byteLength % 4 === 0;
  const bytes = isWhole ? target : new Uint8Array(4 * Math.ceil((cut + target.byteLength) / 4));
  readInto(bytes, from - cut);
  scaleFloats(floatsOf(bytes), (from - cut) / 4, scaling);
  if (!isWhole) target.set(bytes.subarray(cut, cut + target.byteLength));
}

/** Scales what stands in the tensor from element `first` on, in place. */
function scaleFloats(floats: Float32Array, first: number, { factors, run, sliceOf }: Scaling): void {
  const factorOf = factors();
  for (let at = 0; at < floats.length; ) {
    const row = Math.floor((first + at) / run);
    const end = Math.min((row + 1) * run - first, floats.length);
    const factor = factorOf[sliceOf(row)] ?? 1;
    for (; at < end; at++) floats[at] = (floats[at] ?? 0) * factor;
  }
}

function floatsOf(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

/** One factor for each index of `axis`. */
export function alongAxis(shape: readonly number[], axis: number, factors: () => readonly number[]): Scaling {
  const size = shape[axis] ?? 1;
  return { factors, run: Math.max(elementCount(shape.slice(axis + 1)), 1), sliceOf: (row) => row % size };
}

export function canScale(tensor: Tensor): boolean {
  return hasNumbers(tensor.dtype) && (tensor.dtype.startsWith("float") || tensor.dtype === "bfloat16");
}
