// gRPC's socket: HTTP/2 without TLS by node:http2, and gRPC's framing by grpc/frames.ts.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: one request message and one answer a call; flow-control windows are large, so that a message of some
// megabytes does not wait for acknowledgements.

import {
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { gunzip } from "node:zlib";
import { FerryError, Problem, problem } from "../../core/errors.ts";
import type { GrpcMethod, GrpcMethods } from "../grpc/call.ts";
import { FrameReader, framePrefix } from "../grpc/frames.ts";
import { OK_TRAILERS, statusTrailers } from "../grpc/status.ts";
import { parseTimeout } from "../grpc/timeout.ts";
import type { Log } from "../log.ts";
import { drained } from "./drained.ts";
import { type Pace, paceReading } from "./pace-reading.ts";

/** What one stream may send before it waits; the standard's 64 kB would make a 600 kB message wait nine times. */
const STREAM_WINDOW_BYTES = 8 * 2 ** 20;
/** What all streams of a connection may send before they wait. */
const CONNECTION_WINDOW_BYTES = 64 * 2 ** 20;
const MAX_FRAME_BYTES = 2 ** 20;
/** Calls that one connection may have in flight; more wait with the client. */
const MAX_CONCURRENT_STREAMS = 1024;
/** Answers below this size are one write; longer ones are written in pieces of it. */
const WRITE_BYTES = 64 * 1024;

export interface GrpcServerOptions {
  readonly methods: GrpcMethods;
  readonly maxMessageBytes: number;
  readonly log: Log;
}

export interface GrpcServer {
  readonly server: Http2Server;
  /** Calls that are not answered yet. */
  readonly inFlight: () => number;
  /** Tells every client to begin no more calls on its connection. */
  readonly beginDrain: () => void;
  /** Ends every connection at once. */
  readonly destroy: () => void;
}

/** A server that is not listening yet. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  let inFlight = 0;
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({
    settings: {
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxFrameSize: MAX_FRAME_BYTES,
      maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
    },
  });
  // The session hides its socket, but is made right after the connection is told.
  let pace: Pace = () => undefined;
  server.prependListener("connection", (socket: Socket) => {
    pace = paceReading(socket);
  });
  const paces = new WeakMap<Http2Session, Pace>();
  server.on("session", (session) => {
    sessions.add(session);
    paces.set(session, pace);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on("error", (error) => options.log("debug", `gRPC: ${error.message}`));
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    inFlight++;
    stream.once("close", () => inFlight--);
    // A stream that its client reset is also told as an error; the call was cancelled, and that is all.
    stream.on("error", (error) => options.log("debug", `gRPC: ${error.message}`));
    serve(stream, headers, options, stream.session && paces.get(stream.session));
  });
  return {
    server,
    inFlight: () => inFlight,
    beginDrain: () => {
      for (const session of sessions) session.close();
    },
    destroy: () => {
      for (const session of sessions) session.destroy();
    },
  };
}

function serve(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: GrpcServerOptions,
  pace: Pace | undefined,
): void {
  const type = headers["content-type"] ?? "";
  if (headers[":method"] !== "POST" || !/^application\/grpc($|[+;])/.test(type)) {
    stream.respond({ ":status": headers[":method"] === "POST" ? 415 : 405 }, { endStream: true });
    return;
  }
  const path = String(headers[":path"] ?? "");
  const method = options.methods.get(path);
  if (!method) {
    fail(stream, problem("GRPC_UNKNOWN_METHOD", { method: path }));
    return;
  }
  const frames = new FrameReader(options.maxMessageBytes, method.alignmentHint);
  stream.on("data", (chunk: Uint8Array) => {
    pace?.(chunk.length);
    const refusal = frames.feed(chunk);
    if (refusal) fail(stream, refusal);
  });
  stream.once("end", () => {
    if (stream.headersSent || stream.destroyed) return;
    void answer(stream, headers, frames, method, options.log);
  });
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  frames: FrameReader,
  method: GrpcMethod,
  log: Log,
): Promise<void> {
  try {
    const message = await onlyMessage(frames, String(headers["grpc-encoding"] ?? "identity"));
    if (message instanceof Problem) {
      fail(stream, message);
      return;
    }
    const timeoutMs = parseTimeout(headerText(headers["grpc-timeout"]));
    const onCancel = (callback: () => void): void => {
      stream.once("aborted", callback);
    };
    const reply = await method.handle({ message, timeoutMs, onCancel });
    if (reply instanceof Problem) fail(stream, reply);
    else await succeed(stream, reply);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log("error", `gRPC: ${headers[":path"]}: ${reason}`);
    fail(stream, error instanceof FerryError ? error.problems[0] : problem("SERVER_INTERNAL", { reason }));
  }
}

/** The one message of a unary call, inflated. */
async function onlyMessage(frames: FrameReader, encoding: string): Promise<Uint8Array | Problem> {
  const [message] = frames.messages;
  const count = frames.messages.length + (frames.atBoundary ? 0 : 1);
  if (!message || count !== 1) return problem("GRPC_NO_MESSAGE", { count });
  if (!message.compressed) return message.bytes;
  if (encoding !== "gzip") return problem("GRPC_ENCODING", { encoding });
  return inflate(message.bytes, frames.maxMessageBytes);
}

function inflate(bytes: Uint8Array, maxOutputLength: number): Promise<Uint8Array | Problem> {
  return new Promise((resolve) => {
    gunzip(bytes, { maxOutputLength: Math.min(maxOutputLength, MAX_BUFFER_BYTES) }, (error, inflated) => {
      // A plain array: `slice` of a Buffer would be no copy.
      if (!error) resolve(new Uint8Array(inflated.buffer, inflated.byteOffset, inflated.byteLength));
      else if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") {
        resolve(problem("GRPC_UNPARSABLE", { message: "gzip stream", reason: error.message }, error));
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

async function succeed(stream: ServerHttp2Stream, pieces: readonly Uint8Array[]): Promise<void> {
  if (stream.destroyed) return;
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(OK_TRAILERS));
  if (length < WRITE_BYTES) {
    stream.end(Buffer.concat([framePrefix(length), ...pieces]));
    return;
  }
  for (const piece of [framePrefix(length), ...pieces]) {
    for (let from = 0; from < piece.length; from += WRITE_BYTES) {
      if (stream.destroyed) return;
      // Framing and sending take time with every byte; others have their turn between two writes.
      if (!stream.write(piece.subarray(from, from + WRITE_BYTES))) await drained(stream);
    }
  }
  stream.end();
}

function fail(stream: ServerHttp2Stream, problem: Problem): void {
  if (stream.destroyed || stream.headersSent) return;
  const headers = { ":status": 200, "content-type": "application/grpc", ...statusTrailers(problem) };
  stream.respond(headers, { endStream: true });
}

function headerText(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : value?.[0];
}
