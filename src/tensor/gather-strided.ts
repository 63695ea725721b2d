// Materialises a strided view of a storage: element (i, j, ...) lies at offset + i * strides[0] + j * strides[1] + ...
// PyTorch stores storages, not tensors; NumPy's Fortran order is a view with strides too.
// Invariant: every index is checked against the storage before the first byte is copied.
import { elementCount } from "./tensor.ts";

export interface StridedView {
  readonly shape: readonly number[];
  /** In elements, not bytes; never negative. */
  readonly strides: readonly number[];
  /** In elements. */
  readonly offset: number;
}

/** Strides of a row-major tensor without gaps, in elements. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number; // axis < length
  }
  return strides;
}

/** Whether the view is row-major without gaps; strides of axes of size 1 (or of an empty view) do not matter. */
export function isContiguous(view: StridedView): boolean {
  if (view.shape.includes(0)) return true;
  const wanted = contiguousStrides(view.shape);
  return view.shape.every((size, axis) => size === 1 || view.strides[axis] === wanted[axis]);
}

/** One past the last element that the view touches; 0 if it is empty. */
export function extentOf(view: StridedView): number {
  if (view.shape.includes(0)) return 0;
  let last = view.offset;
  for (const [axis, size] of view.shape.entries()) last += (size - 1) * (view.strides[axis] ?? 0);
  return last + 1;
}

/** The view's elements in row-major order; `width` is the bytes of one. Throws a RangeError if it leaves the storage. */
export function gatherStrided(storage: Uint8Array, width: number, view: StridedView): Uint8Array {
  if (view.strides.length !== view.shape.length || [view.offset, ...view.strides].some((step) => step < 0)) {
    throw new RangeError("a view has one stride, not negative, for each axis");
  }
  if (extentOf(view) * width > storage.byteLength) {
    throw new RangeError(
      `a view of ${extentOf(view)} elements leaves a storage of ${storage.byteLength} bytes`,
    );
  }
  const out = new Uint8Array(elementCount(view.shape) * width);
  if (out.byteLength > 0) copyAxes(storage, width, view, out);
  return out;
}

/** Walks all axes but the last like an odometer and copies one row at a time. */
function copyAxes(storage: Uint8Array, width: number, view: StridedView, out: Uint8Array): void {
  const outer = view.shape.length - 1;
  const length = view.shape[outer] ?? 1;
  const step = view.strides[outer] ?? 1;
  const copyRow = rowCopier(storage, width, out);
  const index = new Array<number>(Math.max(outer, 0)).fill(0);
  let from = view.offset;
  for (let to = 0; to * width < out.byteLength; to += length) {
    copyRow(from, step, to, length);
    for (let axis = outer - 1; axis >= 0; axis--) {
      const stride = view.strides[axis] as number; // axis < length
      index[axis] = (index[axis] as number) + 1;
      from += stride;
      if ((index[axis] as number) < (view.shape[axis] as number)) break;
      from -= stride * (index[axis] as number);
      index[axis] = 0;
    }
  }
}

type CopyRow = (from: number, step: number, to: number, length: number) => void;

/** Copies elements as machine words where their width is one; as runs of bytes otherwise. */
function rowCopier(storage: Uint8Array, width: number, out: Uint8Array): CopyRow {
  if (width !== 1 && width !== 2 && width !== 4) return byteRowCopier(storage, width, out);
  const source = wordsOf(storage.byteOffset % width === 0 ? storage : new Uint8Array(storage), width);
  const target = wordsOf(out, width);
  return (from, step, to, length) => {
    if (step === 1) target.set(source.subarray(from, from + length), to);
    else for (let i = 0, at = from; i < length; i++, at += step) target[to + i] = source[at] as number; // in range
  };
}

function wordsOf(bytes: Uint8Array, width: 1 | 2 | 4): Uint8Array | Uint16Array | Uint32Array {
  const count = Math.floor(bytes.byteLength / width);
  if (width === 1) return bytes;
  return width === 2
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, count)
    : new Uint32Array(bytes.buffer, bytes.byteOffset, count);
}

function byteRowCopier(storage: Uint8Array, width: number, out: Uint8Array): CopyRow {
  return (from, step, to, length) => {
    for (let i = 0; i < length; i++) {
      const start = (from + i * step) * width;
      out.set(storage.subarray(start, start + width), (to + i) * width);
    }
  };
}
