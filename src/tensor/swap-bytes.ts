// Byte order: turns the bytes of each element round, for files written on big-endian machines.

/** A copy of `bytes` in which each group of `width` bytes is reversed. A complex element is two groups. */
export function swapBytes(bytes: Uint8Array, width: number): Uint8Array {
  const copy = new Uint8Array(bytes); // slice() of a Buffer would not copy
  if (width <= 1) return copy;
  if (copy.byteLength % width !== 0)
    throw new RangeError(`${copy.byteLength} bytes are not groups of ${width}`);
  for (let at = 0; at < copy.byteLength; at += width) copy.subarray(at, at + width).reverse();
  return copy;
}
