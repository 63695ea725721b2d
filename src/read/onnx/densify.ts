// Sparse tensors become dense ones: the IR has no sparse values.
// Specification: https://onnx.ai/onnx/repo-docs/IR.html (SparseTensorProto): indices are [count] into the flat tensor,
// or [count, rank] by axis.
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";
import { contiguousStrides } from "../../tensor/gather-strided.ts";
import { numbersOf } from "../../tensor/numbers.ts";
import { derivedTensor, elementCount, type Tensor } from "../../tensor/tensor.ts";

/** A few bytes can stand for terabytes of zeros. */
const MAX_DENSE_BYTES = 2 ** 31;

/** The dense tensor, or what is wrong in words. */
export function densify(values: Tensor, indices: Tensor, shape: readonly number[]): Tensor | string {
  const width = BYTES_PER_ELEMENT[values.dtype];
  const byteLength = elementCount(shape) * width;
  if (width === 0 || !(byteLength <= MAX_DENSE_BYTES) || shape.some((size) => size < 0)) {
    return `has the shape [${shape}] of ${values.dtype}`;
  }
  const byAxis = indices.shape.length === 2;
  const count = values.shape[0] ?? 0;
  const wanted = byAxis ? [count, shape.length] : [count];
  if (indices.dtype !== "int64" || indices.shape.join() !== wanted.join()) {
    return `has indices ${indices.dtype}[${indices.shape}] for ${count} values`;
  }
  const places = flatPlaces(numbersOf(indices), byAxis ? contiguousStrides(shape) : [1]);
  if (places.some((place) => place < 0 || place >= elementCount(shape)))
    return "has an index outside of its shape";
  return derivedTensor(values.dtype, shape, () => {
    const dense = new Uint8Array(byteLength);
    const bytes = values.read();
    for (const [index, place] of places.entries()) {
      dense.set(bytes.subarray(index * width, (index + 1) * width), place * width);
    }
    return dense;
  });
}

function flatPlaces(indices: readonly number[], strides: readonly number[]): number[] {
  const places: number[] = [];
  for (let at = 0; at < indices.length; at += strides.length) {
    places.push(strides.reduce((place, stride, axis) => place + stride * (indices[at + axis] ?? 0), 0));
  }
  return places;
}
