// Writes a zip archive whose entries are stored, as np.savez does; the counterpart of read-zip.ts.
// Specification: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
// Layout: for each entry a local header and its bytes, then the directory, then its end record. Times are zero, so that
// equal contents give equal bytes. Not here: zip64; what is written is a model's inputs and outputs.
import { crc32 } from "../crc32.ts";

export interface ZipContents {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LOCAL_SIGNATURE = 0x04034b50;
const DIRECTORY_SIGNATURE = 0x02014b50;
const END_SIGNATURE = 0x06054b50;
const VERSION = 20;
const UTF8_NAMES = 0x0800;
/** 1 January 1980: zip has no earlier day, and zero is none. */
const FIRST_DAY = 0x21;
/** Offsets and lengths have 32 bits, the number of entries 16. */
const MAX_BYTES = 2 ** 32 - 1;
const MAX_ENTRIES = 2 ** 16 - 1;

/** The pieces of the archive, in order. Throws a RangeError for more than zip can hold without its 64-bit form. */
export function writeZip(entries: readonly ZipContents[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const common = commonFields(entry.bytes, name.byteLength);
    pieces.push(fields(LOCAL_SIGNATURE, common), name, entry.bytes);
    const place = Buffer.alloc(14); // no comment, first disk, no attributes
    place.writeUInt32LE(offset, 10);
    directory.push(fields(DIRECTORY_SIGNATURE, Buffer.concat([version(), common])), place, name);
    offset += 30 + name.byteLength + entry.bytes.byteLength;
    if (offset > MAX_BYTES) throw new RangeError(`${entry.name}: the archive would be larger than 4 GiB`);
  }
  if (entries.length > MAX_ENTRIES) throw new RangeError(`${entries.length} entries are more than zip holds`);
  return [...pieces, ...directory, endRecord(entries.length, offset, byteLength(directory))];
}

function commonFields(bytes: Uint8Array, nameLength: number): Buffer {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(UTF8_NAMES, 2);
  common.writeUInt16LE(FIRST_DAY, 8);
  common.writeUInt32LE(crc32(bytes), 10);
  common.writeUInt32LE(bytes.byteLength, 14);
  common.writeUInt32LE(bytes.byteLength, 18);
  common.writeUInt16LE(nameLength, 22);
  return common;
}

function endRecord(count: number, offset: number, length: number): Buffer {
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(length, 8);
  end.writeUInt32LE(offset, 12);
  return fields(END_SIGNATURE, end);
}

function version(): Buffer {
  return Buffer.from([VERSION, 0]);
}

function fields(signature: number, rest: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(signature);
  return Buffer.concat([head, rest]);
}

function byteLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
