// CRC-32C as LevelDB and TensorFlow store it: rotated and shifted, so that a checksum of checksums stays meaningful.
// Source: https://github.com/google/leveldb/blob/main/util/crc32c.h
import { crc32c } from "../crc32.ts";

const MASK_DELTA = 0xa282ead8;

export function maskedChecksum(bytes: Uint8Array): number {
  return mask(crc32c(bytes));
}

export function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}
