// The contents of one entry of a zip archive: a stored one is a part of the file, a deflated one is inflated whole.
// PyTorch writes sizes of 0 into local headers and pads them so that contents begin at multiples of 64: the sizes come
// from the directory, the place from the lengths in the local header.
// Invariant: inflating stops at the size that the directory states; CRC-32 is checked of entries read whole.
import { inflateRawSync } from "node:zlib";
import { type ByteSource, bytesSource, sliceSource } from "../../core/byte-source.ts";
import { Problem, problem } from "../../core/errors.ts";
import { crc32 } from "../crc32.ts";
import type { DirectoryRecord } from "./directory.ts";

export interface EntryLimits {
  /** An entry read whole must fit in memory; only JSON, pickles and compressed arrays are. */
  readonly maxInflatedBytes: number;
  /** Deflate cannot shrink by more than 1032; an entry that claims to is a bomb or a lie. */
  readonly maxInflateRatio: number;
}

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

/** The contents as a source; stored ones stay on disk. `name` is what messages call it. */
export function entrySource(
  archive: ByteSource,
  record: DirectoryRecord,
  limits: EntryLimits,
): ByteSource | Problem {
  if (record.encrypted || record.method !== STORED) {
    const bytes = entryBytes(archive, record, limits);
    return bytes instanceof Problem ? bytes : bytesSource(archive.name, bytes);
  }
  const start = contentStart(archive, record);
  return typeof start === "number" ? sliceSource(archive, start, record.size) : start;
}

/** The contents in memory, inflated if need be, the CRC-32 checked. */
export function entryBytes(
  archive: ByteSource,
  record: DirectoryRecord,
  limits: EntryLimits,
): Uint8Array | Problem {
  const start = contentStart(archive, record);
  if (typeof start !== "number") return start;
  if (record.size > limits.maxInflatedBytes) {
    return broken(archive, record, `has ${record.size} bytes, over the limit of ${limits.maxInflatedBytes}`);
  }
  const stored = archive.read(start, record.storedSize);
  const bytes = record.method === STORED ? stored : inflate(archive, record, stored, limits);
  if (bytes instanceof Problem) return bytes;
  return crc32(bytes) === record.crc32
    ? bytes
    : broken(archive, record, "does not have the CRC-32 it states");
}

/** Where the contents begin, after checks of what must hold before anything is read. */
function contentStart(archive: ByteSource, record: DirectoryRecord): number | Problem {
  const entry = JSON.stringify(record.name);
  if (record.encrypted) {
    return problem("ZIP_UNSUPPORTED", { file: archive.name, entry, found: "encrypted" });
  }
  if (record.method !== STORED && record.method !== DEFLATED) {
    const found = `compressed by method ${record.method}`;
    return problem("ZIP_UNSUPPORTED", { file: archive.name, entry, found });
  }
  if (record.method === STORED && record.size !== record.storedSize) {
    return broken(archive, record, `is stored but states two sizes, ${record.size} and ${record.storedSize}`);
  }
  const header = archive.read(record.offset, LOCAL_HEADER_BYTES); // the directory was checked to lie behind it
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getUint32(0, true) !== LOCAL_SIGNATURE) {
    return broken(archive, record, `has no local header at ${record.offset}`);
  }
  const start = record.offset + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + record.storedSize > record.limit) {
    return broken(archive, record, `reaches into what follows it at ${record.limit}`);
  }
  return start;
}

function inflate(
  archive: ByteSource,
  record: DirectoryRecord,
  stored: Uint8Array,
  limits: EntryLimits,
): Uint8Array | Problem {
  if (record.size > (record.storedSize + 1) * limits.maxInflateRatio) {
    return broken(archive, record, `claims to inflate from ${record.storedSize} to ${record.size} bytes`);
  }
  try {
    const inflated = inflateRawSync(stored, { maxOutputLength: record.size + 1 });
    const bytes = new Uint8Array(inflated.buffer, inflated.byteOffset, inflated.byteLength);
    if (bytes.byteLength === record.size) return bytes;
    return broken(archive, record, `inflates to ${bytes.byteLength} bytes and states ${record.size}`);
  } catch (error) {
    return broken(archive, record, "does not inflate to the size it states", error);
  }
}

function broken(archive: ByteSource, record: DirectoryRecord, reason: string, cause?: unknown): Problem {
  const text = `entry ${JSON.stringify(record.name)} ${reason}`;
  return problem("ZIP_MALFORMED", { file: archive.name, reason: text }, cause);
}
