// Where a zip archive's directory lies: the record at the end of the file, and its 64-bit form.
// Specification: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.14 to 4.3.16
import type { ByteSource } from "../../core/byte-source.ts";
import { Problem, problem } from "../../core/errors.ts";

export interface DirectoryPlace {
  readonly entries: number;
  readonly offset: number;
  readonly size: number;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
/** The longest comment that can stand after the record. */
const MAX_COMMENT_BYTES = 0xffff;

/** Finds the directory from the end of the file. A file without the record was cut short, or is no zip. */
export function findDirectory(source: ByteSource): DirectoryPlace | Problem {
  const length = Math.min(source.size, END_BYTES + MAX_COMMENT_BYTES);
  const tail = source.read(source.size - length, length);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) > length) continue; // its bytes occur in the comment
    return placeAt(source, view, at, source.size - length + at);
  }
  return problem("ZIP_TRUNCATED", { file: source.name, size: source.size });
}

function placeAt(source: ByteSource, view: DataView, at: number, offset: number): DirectoryPlace | Problem {
  const place = {
    entries: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  };
  const saturated = place.entries === 0xffff || place.size === 0xffffffff || place.offset === 0xffffffff;
  const found = saturated ? (place64(source, offset) ?? place) : place;
  if (found instanceof Problem) return found;
  if (found.offset + found.size > offset) {
    const reason = `its directory of ${found.size} bytes at ${found.offset} does not end before its end record at ${offset}`;
    return problem("ZIP_MALFORMED", { file: source.name, reason });
  }
  return found;
}

/** The 64-bit record, or undefined if there is none: 0xffff entries are possible without it. */
function place64(source: ByteSource, endOffset: number): DirectoryPlace | Problem | undefined {
  if (endOffset < LOCATOR_BYTES) return undefined;
  const locator = viewOf(source.read(endOffset - LOCATOR_BYTES, LOCATOR_BYTES));
  if (locator.getUint32(0, true) !== LOCATOR_SIGNATURE) return undefined;
  const offset = Number(locator.getBigUint64(8, true));
  const record = offset + END64_BYTES <= endOffset ? viewOf(source.read(offset, END64_BYTES)) : undefined;
  if (record?.getUint32(0, true) !== END64_SIGNATURE) {
    return problem("ZIP_MALFORMED", { file: source.name, reason: `no 64-bit end record at ${offset}` });
  }
  return {
    entries: Number(record.getBigUint64(32, true)),
    size: Number(record.getBigUint64(40, true)),
    offset: Number(record.getBigUint64(48, true)),
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
