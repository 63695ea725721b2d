// Writes a zip archive of stored entries with true checksums, so that damage inside an entry reaches its reader.
// Specification: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT section 4.3
import { crc32 } from "@node-rs/crc32";

/** The archive's bytes; entries in the order of the map. */
export function storedZip(entries: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, contents] of entries) {
    const path = Buffer.from(name);
    const fields = Buffer.alloc(26);
    fields.writeUInt32LE(crc32(contents), 10);
    fields.writeUInt32LE(contents.byteLength, 14);
    fields.writeUInt32LE(contents.byteLength, 18);
    fields.writeUInt16LE(path.byteLength, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, path, contents]);
    locals.push(local);
    directory.push(Buffer.from("PK\x01\x02\0\0", "latin1"), fields, place, path);
    offset += local.byteLength;
  }
  const records = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.size, 4);
  end.writeUInt16LE(entries.size, 6);
  end.writeUInt32LE(records.byteLength, 8);
  end.writeUInt32LE(offset, 12);
  return Uint8Array.from(Buffer.concat([...locals, records, Buffer.from("PK\x05\x06"), end]));
}
