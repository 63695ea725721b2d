// Compressed request bodies. TensorFlow Serving inflates at most 100 MiB, and takes a body that it cannot inflate, or
// that is larger, for an empty one: the client then reads that the document is empty.
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** kMaxUncompressedBytes of compression/gzip_zlib.h. */
export const MAX_INFLATED_BYTES = 100 * 2 ** 20;

/** A body that counts as empty. */
export class Uninflatable extends Error {}

/** Whether the header asks for it: any mention of gzip does. */
export function isGzip(contentEncoding: string | undefined): boolean {
  return contentEncoding?.includes("gzip") ?? false;
}

/** The inflated pieces. Throws Uninflatable at the first wrong byte, and past the limit. */
export async function* gunzip(
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  maxBytes = MAX_INFLATED_BYTES,
): AsyncGenerator<Uint8Array> {
  const inflate = createGunzip();
  const source = Readable.from(body, { objectMode: false });
  source.on("error", (error) => inflate.destroy(error));
  let inflated = 0;
  try {
    for await (const piece of source.pipe(inflate)) {
      inflated += (piece as Uint8Array).length; // zlib's streams bring buffers
      if (inflated > maxBytes) throw new Uninflatable("too large");
      yield piece as Uint8Array; // see above
    }
  } catch (error) {
    throw error instanceof Uninflatable ? error : new Uninflatable("not gzip", { cause: error });
  } finally {
    source.destroy();
    inflate.destroy();
  }
}
