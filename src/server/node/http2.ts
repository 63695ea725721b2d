// gRPC's socket: HTTP/2 by node:http2, encrypted or not; which method a stream calls.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Invariant: flow-control windows are large, so that a message of some megabytes does not wait for acknowledgements.
// Not here: the calls themselves (unary-call.ts, streaming-call.ts), their answers (grpc-answer.ts).

import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import { type Problem, problem } from "../../core/errors.ts";
import { secureOptions, type TlsOptions } from "../configuration/tls.ts";
import type { GrpcMethod, GrpcMethods } from "../grpc/call.ts";
import type { Log } from "../log.ts";
import { endWith } from "./grpc-answer.ts";
import { type Pace, paceReading } from "./pace-reading.ts";
import { NO_LIMITS, type SocketLimits } from "./socket-limits.ts";
import { serveStream } from "./streaming-call.ts";
import { serveUnary } from "./unary-call.ts";
import { type RequestListener, watchGrpc } from "./watch-request.ts";

/** What one stream may send before it waits; the standard's 64 kB would make a 600 kB message wait nine times. */
const STREAM_WINDOW_BYTES = 8 * 2 ** 20;
/** What all streams of a connection may send before they wait. */
const CONNECTION_WINDOW_BYTES = 64 * 2 ** 20;
const MAX_FRAME_BYTES = 2 ** 20;
/** Calls that one connection may have in flight; more wait with the client. */
const MAX_CONCURRENT_STREAMS = 1024;
export interface GrpcServerOptions {
  readonly methods: GrpcMethods;
  readonly maxMessageBytes: number;
  readonly log: Log;
  /** Without it connections are not encrypted. */
  readonly tls?: TlsOptions | undefined;
  readonly channel?: ChannelOptions | undefined;
  readonly limits?: SocketLimits | undefined;
  /** Told of each call when it was answered. */
  readonly answered?: RequestListener | undefined;
}

/** What --grpc_channel_arguments sets of a connection. */
export interface ChannelOptions {
  /** A connection this old is asked to end, so that load balancers see new ones. */
  readonly maxConnectionAgeMs?: number;
  /** Calls in flight have this long before such a connection is cut. */
  readonly maxConnectionAgeGraceMs?: number;
  readonly maxConcurrentStreams?: number;
}

export interface GrpcServer {
  readonly server: Http2Server | Http2SecureServer;
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
  const { tls, channel = {}, limits = NO_LIMITS } = options;
  const settings = {
    initialWindowSize: STREAM_WINDOW_BYTES,
    maxFrameSize: MAX_FRAME_BYTES,
    maxConcurrentStreams: channel.maxConcurrentStreams ?? MAX_CONCURRENT_STREAMS,
  };
  const server = tls ? createSecureServer({ settings, ...secureOptions(tls) }) : createServer({ settings });
  if (limits.maxConnections > 0) server.maxConnections = limits.maxConnections;
  // The session hides its socket, but is made right after the connection is told.
  let pace: Pace = () => undefined;
  server.prependListener(tls ? "secureConnection" : "connection", (socket: Socket) => {
    pace = paceReading(socket);
  });
  const paces = new WeakMap<Http2Session, Pace>();
  server.on("session", (session) => {
    sessions.add(session);
    paces.set(session, pace);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on("error", (error) => options.log("debug", `gRPC: ${error.message}`));
    session.once("close", () => sessions.delete(session));
    endIfSilent(session, limits.headerTimeoutMs);
    if (channel.maxConnectionAgeMs !== undefined) endWhenOld(session, channel.maxConnectionAgeMs, channel);
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
  const { maxMessageBytes, log, limits = NO_LIMITS, answered } = options;
  const watch = answered && watchGrpc(stream, path, answered);
  const method = options.methods.get(path);
  const refusal = method
    ? refuseMore(stream, method, limits)
    : problem("GRPC_UNKNOWN_METHOD", { method: path });
  if (!method || refusal) {
    endWith(stream, refusal ?? problem("GRPC_UNKNOWN_METHOD", { method: path }));
    stream.resume(); // what the client still sends is thrown away, as long as it sends
    if (limits.receiveIdleMs > 0) stream.setTimeout(limits.receiveIdleMs, () => stream.close());
    return;
  }
  const call = { maxMessageBytes, log, pace, watch, receiveIdleMs: limits.receiveIdleMs };
  if ("handle" in method) serveUnary(stream, headers, method, call);
  else serveStream(stream, headers, method, call);
}

/** Counts the call in; why it is refused, if there are too many. Calls that last, such as watches, do not count. */
function refuseMore(
  stream: ServerHttp2Stream,
  method: GrpcMethod,
  { requests }: SocketLimits,
): Problem | undefined {
  if (!requests || !("handle" in method) || method.light) return undefined;
  const refusal = requests.enter();
  if (!refusal) stream.once("close", () => requests.leave());
  return refusal;
}

/** A client says hello with its settings at once; a connection on which nothing comes is ended. */
function endIfSilent(session: ServerHttp2Session, headerTimeoutMs: number): void {
  if (headerTimeoutMs <= 0) return;
  const timer = setTimeout(() => session.destroy(), headerTimeoutMs).unref();
  const stop = (): void => clearTimeout(timer);
  session.once("remoteSettings", stop);
  session.once("close", stop);
}

/** Ages are spread by a tenth either way, as gRPC spreads them, so that clients do not come back all at once. */
function endWhenOld(
  session: ServerHttp2Session,
  ageMs: number,
  { maxConnectionAgeGraceMs }: ChannelOptions,
): void {
  const age = Math.min(ageMs * (0.9 + 0.2 * Math.random()), MAX_TIMER_MS);
  const timer = setTimeout(() => {
    session.close();
    if (maxConnectionAgeGraceMs === undefined) return;
    setTimeout(() => session.destroy(), Math.min(maxConnectionAgeGraceMs, MAX_TIMER_MS)).unref();
  }, age).unref();
  session.once("close", () => clearTimeout(timer));
}

/** A longer timer would fire at once; this one is 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;
