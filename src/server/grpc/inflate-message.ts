// A message's bytes, whatever its compression.
// Source: https://github.com/grpc/grpc/blob/master/doc/compression.md
import { gunzip, inflate as unzip } from "node:zlib";
import { type Problem, problem } from "../../core/errors.ts";
import type { GrpcMessage } from "./frames.ts";

/** The bytes, at once where they are not compressed. */
export function inflated(
  { bytes, compressed }: GrpcMessage,
  encoding: string,
  maxMessageBytes: number,
): Promise<Uint8Array | Problem> | Uint8Array | Problem {
  if (!compressed) return bytes;
  if (encoding === "gzip") return inflate(gunzip, bytes, maxMessageBytes);
  if (encoding === "deflate") return inflate(unzip, bytes, maxMessageBytes);
  return problem("GRPC_ENCODING", { encoding });
}

function inflate(
  method: typeof gunzip,
  bytes: Uint8Array,
  maxOutputLength: number,
): Promise<Uint8Array | Problem> {
  return new Promise((resolve) => {
    method(bytes, { maxOutputLength: Math.min(maxOutputLength, MAX_BUFFER_BYTES) }, (error, inflated) => {
      // A plain array: `slice` of a Buffer would be no copy.
      if (!error) resolve(new Uint8Array(inflated.buffer, inflated.byteOffset, inflated.byteLength));
      else if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") {
        resolve(problem("GRPC_UNPARSABLE", { message: "compressed stream", reason: error.message }, error));
      } else {
        resolve(
          problem("GRPC_MESSAGE_TOO_LARGE", { size: `more than ${maxOutputLength}`, limit: maxOutputLength }),
        );
      }
    });
  });
}

/** Node's largest buffer. */
const MAX_BUFFER_BYTES = 2 ** 32 - 1;
