// Random access to bytes that may be far larger than memory. A file is one; so is a buffer in a test.
// Invariant: a source is immutable while it is open; two reads of one range give the same bytes.
// Not here: opening files, which is the business of files/ (files/open-file.ts).

/** Bytes by offset. `name` is what messages call it (usually the path as the user gave it). */
export interface ByteSource {
  readonly name: string;
  /** Length in bytes; may exceed 4 GiB. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`, in memory of their own or a view that nobody writes to. Reading past the end throws a RangeError. */
  read(offset: number, length: number): Uint8Array;
  /** Fills `target` from `offset`, for sources that can without memory of their own. Throws as `read` does. */
  readInto?(offset: number, target: Uint8Array): void;
}

/** A source over bytes already in memory. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.byteLength) {
        throw new RangeError(
          `${name}: ${length} bytes at ${offset} reach past the end at ${bytes.byteLength}`,
        );
      }
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** The part of `source` that begins at `start`, as a source of its own. */
export function sliceSource(source: ByteSource, start: number, size: number): ByteSource {
  const check = (offset: number, length: number) => {
    if (offset < 0 || length < 0 || offset + length > size)
      throw new RangeError(`${source.name}: ${length} bytes at ${offset} reach past the end at ${size}`);
  };
  const slice: ByteSource = {
    name: source.name,
    size,
    read(offset, length) {
      check(offset, length);
      return source.read(start + offset, length);
    },
  };
  if (!source.readInto) return slice;
  return {
    ...slice,
    readInto(offset, target) {
      check(offset, target.byteLength);
      source.readInto?.(start + offset, target);
    },
  };
}
