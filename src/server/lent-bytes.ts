// Bytes that are somebody else's again as soon as the call that brought them returns.

/** A copy of them, to keep. A Buffer's own `slice` would be a view. */
export function copyOf(lent: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(lent);
}
