// Sends a gRPC answer: headers, messages in pieces, and trailers that say how the call ended.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Responses)
import type { ServerHttp2Stream } from "node:http2";
import type { Problem } from "../../core/errors.ts";
import { framePrefix } from "../grpc/frames.ts";
import { OK_TRAILERS, statusTrailers } from "../grpc/status.ts";
import { drained } from "./drained.ts";

/** Answers below this size are one write; longer ones are written in pieces of it. */
const WRITE_BYTES = 64 * 1024;

const HEADERS = {
  ":status": 200,
  "content-type": "application/grpc",
  "grpc-accept-encoding": "identity,deflate,gzip",
};

/** Sends the one message of a unary call, and ends the call well. */
export async function sendMessage(stream: ServerHttp2Stream, pieces: readonly Uint8Array[]): Promise<void> {
  if (stream.destroyed) return;
  beginAnswer(stream, () => OK_TRAILERS);
  const length = lengthOf(pieces);
  if (length < WRITE_BYTES) {
    stream.end(Buffer.concat([framePrefix(length), ...pieces]));
    return;
  }
  await writeMessage(stream, pieces);
  stream.end();
}

/** Begins an answer of any number of messages. `trailers` is asked when the stream was ended. */
export function beginAnswer(
  stream: ServerHttp2Stream,
  trailers: () => Readonly<Record<string, string>>,
): void {
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(trailers()));
}

/** Writes one message, no faster than the client reads. */
export async function writeMessage(stream: ServerHttp2Stream, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of [framePrefix(lengthOf(pieces)), ...pieces]) {
    for (let from = 0; from < piece.length; from += WRITE_BYTES) {
      if (stream.destroyed) return;
      // Framing and sending take time with every byte; others have their turn between two writes.
      if (!stream.write(piece.subarray(from, from + WRITE_BYTES))) await drained(stream);
    }
  }
}

/** Ends a call that has no answer yet. */
export function endWith(stream: ServerHttp2Stream, problem: Problem): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond({ ...HEADERS, ...statusTrailers(problem) }, { endStream: true });
}

export function headerText(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}

function lengthOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}
