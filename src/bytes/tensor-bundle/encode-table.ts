// A LevelDB table, uncompressed: what variables.index is. Source: https://github.com/google/leveldb/blob/main/doc/table_format.md
// Layout: data blocks, an empty metaindex block, the index block, a footer of 48 bytes. A block is entries {varint shared
// key bytes, varint own key bytes, varint value bytes, own key bytes, value}, the offsets of its restart points (one in
// 16 entries; there the whole key stands) and their count; after it a compression byte 0 and a checksum.
import { maskedChecksum } from "./checksum.ts";

export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const RESTART_INTERVAL = 16;
/** A block is closed once it is this large; any size is valid. */
const BLOCK_BYTES = 64 * 1024;
const MAGIC = 0xdb4775248b80fb57n;
const FOOTER_BYTES = 48;

/** The table's bytes. Entries must be sorted by key, bytewise, without duplicates. */
export function encodeTable(entries: readonly TableEntry[]): Uint8Array {
  const file = new ByteList();
  const index: TableEntry[] = [];
  let block = new Block();
  const close = (last: TableEntry) => {
    index.push({ key: last.key, value: handle(appendBlock(file, block)) });
    block = new Block();
  };
  for (const entry of entries) {
    block.add(entry);
    if (block.size >= BLOCK_BYTES) close(entry);
  }
  const last = entries.at(-1);
  if (last && block.size > 0) close(last);
  const metaindex = appendBlock(file, new Block());
  const indexBlock = new Block(1); // whole keys, as readers search it
  for (const entry of index) indexBlock.add(entry);
  const footer = new ByteList();
  footer.push(handle(metaindex), handle(appendBlock(file, indexBlock)));
  footer.push(new Uint8Array(FOOTER_BYTES - 8 - footer.size));
  const magic = new Uint8Array(8);
  new DataView(magic.buffer).setBigUint64(0, MAGIC, true);
  file.push(footer.join(), magic);
  return file.join();
}

interface Extent {
  readonly offset: number;
  readonly size: number;
}

function appendBlock(file: ByteList, block: Block): Extent {
  const bytes = block.finish();
  const extent = { offset: file.size, size: bytes.byteLength };
  const checked = new Uint8Array(bytes.byteLength + 1); // the compression byte, 0 for none, is checked too
  checked.set(bytes);
  file.push(checked, uint32(maskedChecksum(checked)));
  return extent;
}

class Block {
  private readonly bytes = new ByteList();
  private readonly restarts: number[] = [];
  private readonly interval: number;
  private count = 0;
  private last = new Uint8Array(0);

  constructor(interval = RESTART_INTERVAL) {
    this.interval = interval;
  }

  get size(): number {
    return this.bytes.size;
  }

  add({ key, value }: TableEntry): void {
    const restart = this.count % this.interval === 0;
    if (restart) this.restarts.push(this.bytes.size);
    const shared = restart ? 0 : commonPrefix(this.last, key);
    const own = key.subarray(shared);
    this.bytes.push(varint(shared), varint(own.byteLength), varint(value.byteLength), own, value);
    this.last = new Uint8Array(key);
    this.count += 1;
  }

  finish(): Uint8Array {
    const restarts = this.restarts.length > 0 ? this.restarts : [0];
    this.bytes.push(...restarts.map(uint32), uint32(restarts.length));
    return this.bytes.join();
  }
}

class ByteList {
  size = 0;
  private readonly parts: Uint8Array[] = [];

  push(...parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.parts.push(part);
      this.size += part.byteLength;
    }
  }

  join(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts));
  }
}

function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  const most = Math.min(a.byteLength, b.byteLength);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
}

function handle({ offset, size }: Extent): Uint8Array {
  return new Uint8Array([...varint(offset), ...varint(size)]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return new Uint8Array([...bytes, rest]);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
