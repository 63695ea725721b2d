// A zip archive's directory: one record an entry, with its true sizes and where its local header lies.
// Specification: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT section 4.3.12
// Invariant: entries do not overlap and end before the directory, so that no byte is read as two things.
import type { ByteSource } from "../../core/byte-source.ts";
import { type Problem, problem } from "../../core/errors.ts";
import type { DirectoryPlace } from "./end-record.ts";

export interface DirectoryRecord {
  /** As it stands in the archive; only a name, never a path that is opened. */
  readonly name: string;
  /** 0 stored, 8 deflated; others are known only to other programs. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  /** Bytes in the archive. */
  readonly storedSize: number;
  /** Bytes when inflated. */
  readonly size: number;
  /** Of the local header. */
  readonly offset: number;
  /** Where the next entry or the directory begins: nothing of this entry lies there. */
  readonly limit: number;
}

export interface DirectoryLimits {
  /** PyTorch writes one entry a weight; the largest published models have some ten thousand. */
  readonly maxEntries: number;
  /** The directory is read at once; a record is about a hundred bytes. */
  readonly maxDirectoryBytes: number;
}

const RECORD_SIGNATURE = 0x02014b50;
const RECORD_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const ENCRYPTED_FLAG = 1;
const SATURATED = 0xffffffff;
const ZIP64_EXTRA = 1;

/** All records, by name. Names that stand twice, overlapping entries and lies about lengths are problems. */
export function readDirectory(
  source: ByteSource,
  place: DirectoryPlace,
  limits: DirectoryLimits,
): Map<string, DirectoryRecord> | Problem {
  const malformed = (reason: string) => problem("ZIP_MALFORMED", { file: source.name, reason });
  if (place.entries > limits.maxEntries || place.size > limits.maxDirectoryBytes) {
    const limit = `${limits.maxEntries} entries in ${limits.maxDirectoryBytes} bytes`;
    return malformed(
      `a directory of ${place.entries} entries in ${place.size} bytes is over the limit of ${limit}`,
    );
  }
  const bytes = source.read(place.offset, place.size);
  const records: DirectoryRecord[] = [];
  for (let at = 0, index = 0; index < place.entries; index++) {
    const record = parseRecord(bytes, at, place.offset);
    if (!record) return malformed(`record ${index + 1} of ${place.entries} in its directory is broken`);
    records.push(record);
    at = record.next;
  }
  return byName(records, place.offset, malformed);
}

function parseRecord(
  bytes: Uint8Array,
  at: number,
  limit: number,
): (DirectoryRecord & { readonly next: number }) | undefined {
  if (at + RECORD_BYTES > bytes.byteLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.byteLength - at);
  if (view.getUint32(0, true) !== RECORD_SIGNATURE) return undefined;
  const nameEnd = RECORD_BYTES + view.getUint16(28, true);
  const extraEnd = nameEnd + view.getUint16(30, true);
  const end = extraEnd + view.getUint16(32, true);
  if (end > view.byteLength) return undefined;
  const extra = new DataView(view.buffer, view.byteOffset + nameEnd, extraEnd - nameEnd);
  const take = largeFields(extra);
  // The order is the specification's: each 64-bit field stands there only if the 32-bit one is full.
  const size = take(view.getUint32(24, true));
  const storedSize = take(view.getUint32(20, true));
  const offset = take(view.getUint32(42, true));
  if (size === undefined || storedSize === undefined || offset === undefined) return undefined;
  return {
    name: new TextDecoder().decode(bytes.subarray(at + RECORD_BYTES, at + nameEnd)),
    method: view.getUint16(10, true),
    encrypted: (view.getUint16(8, true) & ENCRYPTED_FLAG) !== 0,
    crc32: view.getUint32(16, true),
    storedSize,
    size,
    offset,
    limit,
    next: at + end,
  };
}

/** Replaces full 32-bit fields by the 64-bit ones of the extra field, one after the other. */
function largeFields(extra: DataView): (small: number) => number | undefined {
  let at = 0;
  let end = 0;
  for (let field = 0; field + 4 <= extra.byteLength; field += 4 + extra.getUint16(field + 2, true)) {
    if (extra.getUint16(field, true) !== ZIP64_EXTRA) continue;
    at = field + 4;
    end = Math.min(extra.byteLength, at + extra.getUint16(field + 2, true));
    break;
  }
  return (small) => {
    if (small !== SATURATED) return small;
    if (at + 8 > end) return undefined;
    const value = Number(extra.getBigUint64(at, true));
    at += 8;
    return Number.isSafeInteger(value) ? value : undefined;
  };
}

function byName(
  records: readonly DirectoryRecord[],
  directoryOffset: number,
  malformed: (reason: string) => Problem,
): Map<string, DirectoryRecord> | Problem {
  const named = new Map<string, DirectoryRecord>();
  const ordered = [...records].sort((a, b) => a.offset - b.offset);
  const limits = new Map<DirectoryRecord, number>();
  for (const [index, record] of ordered.entries()) {
    const limit = ordered[index + 1]?.offset ?? directoryOffset;
    if (record.offset + LOCAL_HEADER_BYTES + record.storedSize > limit) {
      return malformed(`entry ${JSON.stringify(record.name)} reaches into what follows it at ${limit}`);
    }
    limits.set(record, limit);
  }
  for (const record of records) {
    if (named.has(record.name)) return malformed(`two entries are named ${JSON.stringify(record.name)}`);
    named.set(record.name, { ...record, limit: limits.get(record) ?? directoryOffset });
  }
  return named;
}
