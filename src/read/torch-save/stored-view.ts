// A strided view of a storage in the archive, as a lazy tensor. Both ways in which PyTorch keeps weights end here.
// Invariant: a view is checked against its storage before anybody reads it.
import type { ByteSource } from "../../core/byte-source.ts";
import { BYTES_PER_ELEMENT, type DType, isComplex } from "../../tensor/dtype.ts";
import { extentOf, gatherStrided, isContiguous, type StridedView } from "../../tensor/gather-strided.ts";
import { swapBytes } from "../../tensor/swap-bytes.ts";
import { derivedTensor, elementCount, type Tensor, tensorFromSource } from "../../tensor/tensor.ts";

export interface StoredView extends StridedView {
  readonly dtype: DType;
  readonly storage: ByteSource;
  readonly bigEndian: boolean;
}

/** The tensor, or what is wrong with the view in words. An empty storage under a tensor means zeros. */
export function tensorOfView(view: StoredView): Tensor | string {
  const { dtype, shape, storage } = view;
  const width = BYTES_PER_ELEMENT[dtype];
  const byteLength = elementCount(shape) * width;
  if (!Number.isSafeInteger(byteLength)) return `has the impossible shape [${shape}]`;
  if (view.strides.length !== shape.length)
    return `has ${shape.length} sizes and ${view.strides.length} strides`;
  if (storage.size === 0 && byteLength > 0) return zeros(view, byteLength);
  const extent = extentOf(view) * width;
  if (extent > storage.size) return `needs ${extent} bytes of a storage of ${storage.size}`;
  if (isContiguous(view) && !view.bigEndian)
    return tensorFromSource(dtype, shape, storage, view.offset * width);
  return derivedTensor(dtype, shape, () => {
    const start = view.offset * width;
    const bytes = storage.read(start, Math.max(extent - start, 0));
    const gathered = gatherStrided(bytes, width, { shape, strides: view.strides, offset: 0 });
    return view.bigEndian ? swapBytes(gathered, isComplex(dtype) ? width / 2 : width) : gathered;
  });
}

/** PyTorch writes no storage for tensors that never had one (fake tensors). */
function zeros(view: StoredView, byteLength: number): Tensor | string {
  if (byteLength > MAX_ZEROS_BYTES) return `has no storage and would be ${byteLength} bytes of zeros`;
  return derivedTensor(view.dtype, view.shape, () => new Uint8Array(byteLength));
}

/** An empty file must not stand for terabytes. */
const MAX_ZEROS_BYTES = 2 ** 31;
