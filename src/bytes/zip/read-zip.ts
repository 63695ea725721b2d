// Reads zip archives (.pt2, .pt, .npz) by random access: the directory at once, contents when they are asked for.
// Specification: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (zip64; methods stored and deflate)
// Invariant: names are only names (`../x` is not a path here), and every length is checked before it is believed.
// Not here: writing zip files; what the entries mean (read/).
import type { ByteSource } from "../../core/byte-source.ts";
import { Problem } from "../../core/errors.ts";
import { type DirectoryLimits, type DirectoryRecord, readDirectory } from "./directory.ts";
import { findDirectory } from "./end-record.ts";
import { type EntryLimits, entryBytes, entrySource } from "./entry.ts";

export type ZipLimits = DirectoryLimits & EntryLimits;

export const ZIP_LIMITS: ZipLimits = {
  maxEntries: 500_000,
  maxDirectoryBytes: 256 * 2 ** 20,
  maxInflatedBytes: 2 ** 31,
  maxInflateRatio: 1032,
};

export interface ZipEntry {
  readonly name: string;
  /** Bytes of the contents, inflated. */
  readonly size: number;
  /** The contents as a source of their own; stored ones stay on disk. */
  source(): ByteSource | Problem;
  /** The contents in memory, their CRC-32 checked. */
  bytes(): Uint8Array | Problem;
}

/** Entries by name, in the directory's order; folders (names that end in a slash) are left out. */
export type ZipArchive = ReadonlyMap<string, ZipEntry>;

/** Whether the source begins as a zip archive does (an empty archive has only its end record). */
export function looksLikeZip(source: ByteSource): boolean {
  if (source.size < 4) return false;
  const [p, k, third, fourth] = source.read(0, 4);
  return p === 0x50 && k === 0x4b && ((third === 3 && fourth === 4) || (third === 5 && fourth === 6));
}

/** Opens the archive; ZIP_TRUNCATED if it has no directory at its end, ZIP_MALFORMED if the directory lies. */
export function readZip(source: ByteSource, limits: ZipLimits = ZIP_LIMITS): ZipArchive | Problem {
  const place = findDirectory(source);
  if (place instanceof Problem) return place;
  const records = readDirectory(source, place, limits);
  if (records instanceof Problem) return records;
  const entries = new Map<string, ZipEntry>();
  for (const record of records.values()) {
    if (!record.name.endsWith("/")) entries.set(record.name, entryOf(source, record, limits));
  }
  return entries;
}

function entryOf(source: ByteSource, record: DirectoryRecord, limits: ZipLimits): ZipEntry {
  return {
    name: record.name,
    size: record.size,
    source: () => entrySource(source, record, limits),
    bytes: () => entryBytes(source, record, limits),
  };
}
