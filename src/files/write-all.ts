// Writes bytes to an open file, all of them.
import * as fs from "node:fs";

/** One call of write(2) takes at most 2 GiB and may write less than it was given. */
const WRITE_PIECE_BYTES = 2 ** 30;

/** Throws what the file system throws. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) {
    at += fs.writeSync(descriptor, bytes, at, Math.min(WRITE_PIECE_BYTES, bytes.byteLength - at));
  }
}
