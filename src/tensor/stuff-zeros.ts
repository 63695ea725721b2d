// Tensors with zeros between their elements: a dilated kernel as a dense one, exact for every convolution.
import { BYTES_PER_ELEMENT } from "./dtype.ts";
import { contiguousStrides } from "./gather-strided.ts";
import { derivedTensor, elementCount, type Tensor } from "./tensor.ts";

/** Puts `steps[axis] - 1` zeros between neighbours along every axis: size n becomes (n - 1) * step + 1. */
export function stuffed(tensor: Tensor, steps: readonly number[]): Tensor {
  if (steps.every((step) => step === 1)) return tensor;
  const shape = tensor.shape.map((size, axis) => (size - 1) * (steps[axis] ?? 1) + 1);
  return derivedTensor(tensor.dtype, shape, () => {
    const width = BYTES_PER_ELEMENT[tensor.dtype];
    const source = tensor.read();
    const result = new Uint8Array(elementCount(shape) * width);
    const strides = contiguousStrides(shape).map((stride, axis) => stride * (steps[axis] ?? 1));
    const index = tensor.shape.map(() => 0);
    for (let from = 0, to = 0; from < source.byteLength; from += width) {
      result.set(source.subarray(from, from + width), to * width);
      for (let axis = index.length - 1; axis >= 0; axis--) {
        const size = tensor.shape[axis] as number;
        index[axis] = (index[axis] as number) + 1;
        to += strides[axis] as number;
        if ((index[axis] as number) < size) break;
        to -= size * (strides[axis] as number);
        index[axis] = 0;
      }
    }
    return result;
  });
}
