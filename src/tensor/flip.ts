// Tensors with the order along some axes reversed.
import { BYTES_PER_ELEMENT } from "./dtype.ts";
import { contiguousStrides } from "./gather-strided.ts";
import { derivedTensor, type Tensor } from "./tensor.ts";

/** `tensor` read backwards along each of `axes`. */
export function flipped(tensor: Tensor, axes: readonly number[]): Tensor {
  const turned = axes.filter((axis) => (tensor.shape[axis] ?? 1) > 1);
  if (turned.length === 0) return tensor;
  const inner = tensor.shape.slice(Math.max(...turned) + 1).reduce((count, size) => count * size, 1);
  const outer = tensor.shape.slice(0, Math.max(...turned) + 1);
  return derivedTensor(tensor.dtype, tensor.shape, () => {
    const source = tensor.read();
    const result = new Uint8Array(source.byteLength);
    const run = inner * BYTES_PER_ELEMENT[tensor.dtype];
    const strides = contiguousStrides(outer);
    const runs = run === 0 ? 0 : source.byteLength / run;
    for (let from = 0; from < runs; from++) {
      let to = 0;
      for (const [axis, size] of outer.entries()) {
        const stride = strides[axis] as number;
        const at = Math.floor(from / stride) % size;
        to += (turned.includes(axis) ? size - 1 - at : at) * stride;
      }
      result.set(source.subarray(from * run, (from + 1) * run), to * run);
    }
    return result;
  });
}
