// An answer over HTTP/1.1, from a handler's pieces to the socket.
// Invariant: pieces are written with turns for others between them, and no faster than the client reads. A small answer,
// which is one piece, goes out at once with its length.
import type { Duplex } from "node:stream";
import type { RestResponse } from "../rest/message.ts";
import { nextTurn } from "../slices.ts";
import { drained } from "./drained.ts";
import { answerHead, type BodyEnd } from "./http1-head.ts";
import type { Http1Request } from "./http1-request.ts";

/** A connection that sends nothing for this long between requests is closed; load balancers keep them for 60 s. */
export const KEEP_ALIVE_SECONDS = 65;
/** Text goes out in one write with the head, more bytes in two. */
const TEXT_BELOW_BYTES = 16 * 1024;

/** Writes it; true if the connection is to be closed behind it. Throws what making its pieces throws. */
export function writeAnswer(
  socket: Duplex,
  request: Http1Request,
  response: RestResponse,
  closes: boolean,
): boolean | Promise<boolean> {
  if (!socket.writable) return true;
  const { watch } = request;
  if (watch) watch.status = response.status;
  const pieces = response.body[Symbol.iterator]();
  const first = pieces.next();
  const second = first.done ? first : pieces.next();
  if (!second.done) return writePieces(socket, request, response, closes, joined(first, second, pieces));
  const body: Uint8Array | undefined = first.done ? undefined : first.value;
  if (watch) watch.bytesOut = body?.length ?? 0;
  writeWhole(
    socket,
    headOf(response, body?.length ?? 0, closes),
    request.method === "HEAD" ? undefined : body,
  );
  // Who sends one request after the other and reads no answer is not asked for more.
  return socket.writableNeedDrain ? drained(socket).then(() => closes) : closes;
}

function writeWhole(socket: Duplex, head: string, body: Uint8Array | undefined): void {
  if (!body) {
    socket.write(head, "latin1");
  } else if (body.length < TEXT_BELOW_BYTES) {
    const { buffer, byteOffset, length } = body;
    socket.write(head + Buffer.from(buffer, byteOffset, length).toString("latin1"), "latin1");
  } else {
    socket.cork();
    socket.write(head, "latin1");
    socket.write(body);
    socket.uncork();
  }
}

async function writePieces(
  socket: Duplex,
  { method, head: { minorVersion }, watch }: Http1Request,
  response: RestResponse,
  closes: boolean,
  pieces: Iterable<Uint8Array>,
): Promise<boolean> {
  const end = endOf(response, minorVersion);
  socket.write(headOf(response, end, closes), "latin1");
  for (const piece of method === "HEAD" ? [] : pieces) {
    if (watch) watch.bytesOut += piece.length;
    // A socket that took more than it likes to hold is often free again in the same turn.
    if (!writePiece(socket, piece, end)) await drained(socket);
    await nextTurn();
    if (!socket.writable) return true;
  }
  if (end === "chunked" && method !== "HEAD") socket.write("0\r\n\r\n", "latin1");
  return closes || end === "close";
}

/** False if the client reads more slowly than that. */
function writePiece(socket: Duplex, piece: Uint8Array, end: BodyEnd): boolean {
  if (end !== "chunked") return socket.write(piece);
  if (piece.length === 0) return true; // an empty chunk would end the body
  socket.cork();
  socket.write(`${piece.length.toString(16)}\r\n`, "latin1");
  socket.write(piece);
  const goesOn = socket.write("\r\n", "latin1");
  socket.uncork();
  return goesOn;
}

function endOf({ body }: RestResponse, minorVersion: number): BodyEnd {
  if (Array.isArray(body)) return body.reduce((sum: number, piece: Uint8Array) => sum + piece.length, 0);
  return minorVersion > 0 ? "chunked" : "close";
}

function headOf({ status, headers }: RestResponse, end: BodyEnd, closes: boolean): string {
  const keepAliveSeconds = closes || end === "close" ? undefined : KEEP_ALIVE_SECONDS;
  return answerHead({ status, headers, end, keepAliveSeconds });
}

function* joined(
  first: IteratorResult<Uint8Array>,
  second: IteratorResult<Uint8Array>,
  rest: Iterator<Uint8Array>,
): Generator<Uint8Array, void> {
  let piece = second;
  yield first.value;
  for (; !piece.done; piece = rest.next()) yield piece.value;
}
