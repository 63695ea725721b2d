// TFRecord files: records one after another, each with its length and two checksums.
// Layout: length (8 bytes), masked CRC-32C of the length (4), the record, masked CRC-32C of the record (4); little-endian.
// Source: tensorflow/core/lib/io/record_reader.cc
// Invariant: a record is read only after its length was checked against its checksum and `maxRecordBytes`.
import { crc32c } from "./crc32.ts";
import { mask, maskedChecksum } from "./tensor-bundle/checksum.ts";

const LENGTH_BYTES = 8;
const CHECKSUM_BYTES = 4;
const HEADER_BYTES = LENGTH_BYTES + CHECKSUM_BYTES;

/** A file that is none, or is damaged. The message is TensorFlow's. */
export class RecordError extends Error {}

/** Up to `length` bytes from `offset`; fewer at the file's end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** The records in order. Throws RecordError at the first that is damaged. */
export async function* readRecords(readAt: ReadAt, maxRecordBytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; ) {
    const header = await readAt(offset, HEADER_BYTES);
    if (header.length === 0) return;
    if (header.length < HEADER_BYTES) throw new RecordError(`truncated record at ${offset}`);
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const length = Number(view.getBigUint64(0, true));
    if (
      view.getUint32(LENGTH_BYTES, true) !== maskedChecksum(header.subarray(0, LENGTH_BYTES)) ||
      length > maxRecordBytes
    ) {
      throw new RecordError(`corrupted record at ${offset}`);
    }
    const body = await readAt(offset + HEADER_BYTES, length + CHECKSUM_BYTES);
    if (body.length < length + CHECKSUM_BYTES) throw new RecordError(`truncated record at ${offset}`);
    const record = body.subarray(0, length);
    const checksum = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(length, true);
    if (checksum !== maskedChecksum(record)) throw new RecordError(`corrupted record at ${offset}`);
    yield record;
    offset += HEADER_BYTES + length + CHECKSUM_BYTES;
  }
}

/** One record as it stands in a file. */
export function encodeRecord(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + record.length + CHECKSUM_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(record.length), true);
  view.setUint32(LENGTH_BYTES, maskedChecksum(bytes.subarray(0, LENGTH_BYTES)), true);
  bytes.set(record, HEADER_BYTES);
  view.setUint32(HEADER_BYTES + record.length, maskedChecksum(record), true);
  return bytes;
}

/** Summing up this much takes some 20 microseconds. */
const SUMMED_A_SLICE_BYTES = 128 * 1024;

/** Likewise, of a record in pieces, which are not copied. Yields where others may have a turn. */
export function* encodeRecordPieces(
  pieces: readonly Uint8Array[],
): Generator<undefined, readonly Uint8Array[]> {
  const header = new Uint8Array(HEADER_BYTES);
  const footer = new Uint8Array(CHECKSUM_BYTES);
  const view = new DataView(header.buffer);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  view.setBigUint64(0, BigInt(length), true);
  view.setUint32(LENGTH_BYTES, maskedChecksum(header.subarray(0, LENGTH_BYTES)), true);
  let sum = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += SUMMED_A_SLICE_BYTES) {
      if (from > 0) yield;
      sum = crc32c(piece.subarray(from, from + SUMMED_A_SLICE_BYTES), sum);
    }
  }
  new DataView(footer.buffer).setUint32(0, mask(sum), true);
  return [header, ...pieces, footer];
}
