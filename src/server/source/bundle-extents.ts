// How far a TensorBundle's index reaches into its data files.
// Format: a table of LevelDB's kind (https://github.com/google/leveldb/blob/main/doc/table_format.md), whose values are
// BundleHeaderProto (under the empty key) and BundleEntryProto. Blocks: entries of shared-prefix keys, then restarts.
// Invariant: lengths out of the file are checked before they are used; at most MAX_BLOCKS blocks are read.
// Not here: tensors, and TensorSlice's partitioned entries, which have entries of their own.
import { fromBinary } from "@bufbuild/protobuf";
import {
  type BundleEntryProto,
  BundleEntryProtoSchema,
  BundleHeaderProtoSchema,
} from "../../bytes/protobuf/generated/tensorflow_pb.ts";

export interface BundleExtents {
  readonly shards: number;
  /** The end in bytes of the last tensor of each shard that has one. */
  readonly ends: ReadonlyMap<number, number>;
}

const FOOTER_BYTES = 48;
const TRAILER_BYTES = 5;
const MAGIC = 0xdb4775248b80fb57n;
const MAX_BLOCKS = 1_000_000;
/** About 100 us of reading. */
const ENTRIES_A_TURN = 64;

/**
 * The extents; undefined if the index is not whole; "compressed" if it is written as we cannot read it. Yields where
 * others may have a turn: a large model has thousands of entries.
 */
export function* bundleExtents(
  index: Uint8Array,
): Generator<undefined, BundleExtents | "compressed" | undefined> {
  if (index.length < FOOTER_BYTES) return undefined;
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  if (view.getBigUint64(index.length - 8, true) !== MAGIC) return undefined;
  const footer = new Cursor(index.subarray(index.length - FOOTER_BYTES, index.length - 8));
  skipHandle(footer); // the meta index
  const handles = blockEntries(index, footer);
  if (handles === undefined || handles === "compressed") return handles;
  if (handles.length > MAX_BLOCKS) return undefined;
  let shards = 1;
  const ends = new Map<number, number>();
  let count = 0;
  for (const handle of handles) {
    const entries = blockEntries(index, new Cursor(handle.value));
    if (entries === undefined || entries === "compressed") return entries;
    for (const entry of entries) {
      if (++count % ENTRIES_A_TURN === 0) yield;
      const read = readEntry(entry);
      if (!read) return undefined;
      if (typeof read === "number") shards = read;
      else ends.set(read.shardId, Math.max(ends.get(read.shardId) ?? 0, Number(read.offset + read.size)));
    }
  }
  return { shards, ends };
}

/** The number of shards under the empty key, an entry under any other. */
function readEntry(entry: TableEntry): number | BundleEntryProto | undefined {
  try {
    if (entry.keyLength > 0) return fromBinary(BundleEntryProtoSchema, entry.value);
    return fromBinary(BundleHeaderProtoSchema, entry.value).numShards || 1;
  } catch {
    return undefined; // a value cut off or overwritten: the index is not whole
  }
}

interface TableEntry {
  readonly keyLength: number;
  readonly value: Uint8Array;
}

/** The entries of the block that the handle at the cursor points to. */
function blockEntries(index: Uint8Array, handle: Cursor): TableEntry[] | "compressed" | undefined {
  const offset = handle.varint();
  const size = handle.varint();
  if (!(offset >= 0 && size >= 4 && offset + size + TRAILER_BYTES <= index.length)) return undefined;
  if (index[offset + size] !== 0) return "compressed";
  const view = new DataView(index.buffer, index.byteOffset + offset, size);
  const restarts = view.getUint32(size - 4, true);
  const end = size - 4 - restarts * 4;
  if (end < 0) return undefined;
  const block = new Cursor(index.subarray(offset, offset + end));
  const entries: TableEntry[] = [];
  while (!block.atEnd) {
    const shared = block.varint();
    const unshared = block.varint();
    const valueLength = block.varint();
    block.skip(unshared);
    const value = block.take(valueLength);
    if (!value) return undefined;
    entries.push({ keyLength: shared + unshared, value });
  }
  return entries;
}

function skipHandle(cursor: Cursor): void {
  cursor.varint();
  cursor.varint();
}

/** Reads forward; past the end everything is NaN or undefined. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  }

  skip(length: number): void {
    this.#at += length;
  }

  take(length: number): Uint8Array | undefined {
    const from = this.#at;
    if (!(length >= 0) || !(from + length <= this.#bytes.length)) return undefined;
    this.#at = from + length;
    return this.#bytes.subarray(from, this.#at);
  }
}
