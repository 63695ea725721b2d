// Sends a gRPC answer: headers, messages in pieces, and trailers that say how the call ended.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Responses)
import type { Problem } from "../../core/errors.ts";
import { framePrefix } from "../grpc/frames.ts";
import { statusTrailers } from "../grpc/status.ts";
import type { SentField } from "../http2/header-encoder.ts";
import type { Stream } from "../http2/stream.ts";

const CONTENT_TYPE: SentField = ["content-type", "application/grpc"];
const ENCODINGS: SentField = ["grpc-accept-encoding", "identity,deflate,gzip"];
const STATUS_OK: SentField = ["grpc-status", "0"];
const HEADERS: readonly SentField[] = [[":status", "200"], CONTENT_TYPE, ENCODINGS];
const OK_TRAILERS: readonly SentField[] = [STATUS_OK];

/** What every answer says. */
export const REPEATED_FIELDS: readonly SentField[] = [CONTENT_TYPE, ENCODINGS, STATUS_OK];

/** Sends the one message of a unary call, and ends the call well. */
export function sendMessage(stream: Stream, pieces: readonly Uint8Array[]): void {
  beginAnswer(stream);
  writeMessage(stream, pieces);
  stream.end(OK_TRAILERS);
}

/** Begins an answer of any number of messages. */
export function beginAnswer(stream: Stream): void {
  stream.respond(HEADERS);
}

/** Writes one message. */
export function writeMessage(stream: Stream, pieces: readonly Uint8Array[]): void {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  stream.write([framePrefix(length), ...pieces]);
}

/** Ends a call, whether or not its answer began; without a problem it ended well. */
export function endWith(stream: Stream, problem: Problem | undefined): void {
  const trailers = problem ? Object.entries(statusTrailers(problem)) : OK_TRAILERS;
  if (stream.responded) stream.end(trailers);
  else stream.respond([...HEADERS, ...trailers], true);
}
