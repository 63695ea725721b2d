// Compressed answers, for clients that take them. Compressing runs on libuv's threads.
// Source: RFC 9110, 8.4.1 and 12.5.3.
// Not here: compressed requests, of which each protocol has its own rules.
import { gzip } from "node:zlib";
import { nextTurn } from "../slices.ts";
import type { RestRequest, RestResponse } from "./message.ts";

/** Shorter answers fit into one packet as they are. */
const LEAST_BYTES = 1024;
/** The pieces that a compressed answer is sent in. */
const PIECE_BYTES = 64 * 1024;
/** Fast: numbers in text shrink to less than half at any level. */
const LEVEL = 1;

/** The answer, compressed if it is long enough to be worth it; for a client that takes that. */
export async function compressed(response: RestResponse): Promise<RestResponse> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (const piece of response.body) {
    if (pieces.length > 0) await nextTurn();
    pieces.push(piece);
    length += piece.length;
  }
  if (length < LEAST_BYTES) return { ...response, body: pieces };
  const small = await deflated(Buffer.concat(pieces, length));
  const headers = { ...response.headers, "Content-Encoding": "gzip", Vary: "Accept-Encoding" };
  return { ...response, headers, body: cut(small) };
}

/** Whether the client names gzip or anything, and not with a weight of zero. */
export function takesGzip(request: RestRequest): boolean {
  const header = request.header("accept-encoding");
  return header !== undefined && listsGzip(header);
}

function listsGzip(header: string): boolean {
  return header.split(",").some((part) => {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return (name === "gzip" || name === "*") && !refused;
  });
}

function deflated(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    gzip(bytes, { level: LEVEL }, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

function* cut(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let from = 0; from < bytes.length; from += PIECE_BYTES) yield bytes.subarray(from, from + PIECE_BYTES);
}
