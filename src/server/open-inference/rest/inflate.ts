// Compressed request bodies: gzip and deflate, as Content-Encoding says.
// Source: RFC 9110, 8.4.1; clients of Triton send both, deflate in zlib's wrapping.
// Invariant: what comes out is counted by whoever reads it; nothing is inflated ahead of that.
import { Readable, type Transform } from "node:stream";
import { createGunzip, createInflate } from "node:zlib";

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A few kilobytes may inflate to gigabytes; this is what TensorFlow Serving inflates at most. */
export const MAX_INFLATED_BYTES = 100 * 2 ** 20;

/** A body that is not what its Content-Encoding says. */
export class Uninflatable extends Error {}

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
};

/** Whether the encoding is one of those. */
export function isCompression(encoding: string): boolean {
  return Object.hasOwn(DECODERS, encoding);
}

/** The inflated pieces. Throws Uninflatable at the first wrong byte. */
export async function* inflated(body: Pieces, encoding: string): AsyncGenerator<Uint8Array> {
  const decoder = DECODERS[encoding]?.();
  if (!decoder) throw new Uninflatable(encoding);
  const source = Readable.from(body, { objectMode: false });
  let broken: unknown;
  source.on("error", (error) => {
    broken = error;
    decoder.destroy(error);
  });
  try {
    for await (const piece of source.pipe(decoder)) yield piece as Uint8Array; // zlib's streams bring buffers
  } catch (error) {
    // A client that went away is no wrong body.
    throw broken ?? new Uninflatable(encoding, { cause: error });
  } finally {
    source.destroy();
    decoder.destroy();
  }
}
