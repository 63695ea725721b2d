// gRPC's server: its connections, encrypted or not, and which method a call means.
// Source: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
// Not here: HTTP/2 (server/http2/), its sockets (http2-socket.ts), the calls themselves (unary-call.ts,
// streaming-call.ts), their answers (grpc-answer.ts).
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createSecureServer, type TLSSocket } from "node:tls";
import { problem } from "../../core/errors.ts";
import { secureOptions, type TlsOptions } from "../configuration/tls.ts";
import type { GrpcMethods } from "../grpc/call.ts";
import { MAX_CONCURRENT_STREAMS, MAX_HEADER_LIST_BYTES } from "../http2/limits.ts";
import type { Stream, StreamSink } from "../http2/stream.ts";
import type { Log } from "../log.ts";
import { SHARED_MEMORY } from "../message-memory.ts";
import { REPEATED_FIELDS } from "./grpc-answer.ts";
import { Call, type CallOptions } from "./grpc-call.ts";
import { Http2Socket } from "./http2-socket.ts";
import { NO_LIMITS, type SocketLimits } from "./socket-limits.ts";
import { StreamingCall } from "./streaming-call.ts";
import { UnaryCall } from "./unary-call.ts";
import { GrpcWatch, type RequestListener } from "./watch-request.ts";

export interface GrpcServerOptions {
  readonly methods: GrpcMethods;
  readonly maxMessageBytes: number;
  readonly log: Log;
  /** Without it connections are not encrypted. */
  readonly tls?: TlsOptions | undefined;
  readonly channel?: ChannelOptions | undefined;
  readonly limits?: SocketLimits | undefined;
  /** Milliseconds that a client may take nothing of an answer. */
  readonly sendIdleMs?: number | undefined;
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
  readonly server: Server;
  /** Serves a connection that somebody else accepted, and read the beginning of. */
  readonly serve: (socket: Duplex, beginning?: Uint8Array) => void;
  /** Calls that are not answered yet. */
  readonly inFlight: () => number;
  /** Tells every client to begin no more calls on its connection. */
  readonly beginDrain: () => void;
  /** Ends every connection at once. */
  readonly destroy: () => void;
}

/** A server that is not listening yet. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { tls, channel = {}, limits = NO_LIMITS, log } = options;
  const sockets = new Set<Http2Socket>();
  const settings = {
    open: (stream: Stream) => openCall(stream, options, limits),
    openTooLarge: (stream: Stream, size: number) =>
      refusedCall(
        new Call(stream, callOptions(stream, options, limits)),
        problem("GRPC_METADATA_TOO_LARGE", { size, limit: MAX_HEADER_LIST_BYTES }),
      ),
    maxConcurrentStreams: channel.maxConcurrentStreams ?? MAX_CONCURRENT_STREAMS,
    repeated: REPEATED_FIELDS,
    limits,
    log,
    sendIdleMs: options.sendIdleMs,
  };
  let isDraining = false;
  const serve = (socket: Duplex, beginning?: Uint8Array): void => {
    const served = new Http2Socket(socket, settings, beginning);
    sockets.add(served);
    socket.once("close", () => sockets.delete(served));
    if (channel.maxConnectionAgeMs !== undefined) endWhenOld(served, channel.maxConnectionAgeMs, channel);
    // One that was accepted a moment ago, and then encrypted.
    if (isDraining) served.beginDrain();
  };
  const server = tls ? secureServer(tls, serve) : createServer({ noDelay: true }, (socket) => serve(socket));
  if (limits.maxConnections > 0) server.maxConnections = limits.maxConnections;
  return {
    server,
    serve,
    inFlight: () => {
      let calls = 0;
      for (const { connection } of sockets) calls += connection.inFlight;
      return calls;
    },
    beginDrain: () => {
      isDraining = true;
      for (const socket of sockets) socket.beginDrain();
    },
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function secureServer(tls: TlsOptions, serve: (socket: Socket) => void): Server {
  const options = { ...secureOptions(tls), ALPNProtocols: ["h2"], noDelay: true };
  return createSecureServer(options, (socket: TLSSocket) => {
    // gRPC speaks nothing else (RFC 9113, 3.2), and a client that does not say so would not understand the answer.
    if (socket.alpnProtocol === "h2") serve(socket);
    else socket.destroy();
  });
}

/** Answers a call, or finds who does. */
function openCall(stream: Stream, options: GrpcServerOptions, limits: SocketLimits): StreamSink {
  const { headers } = stream;
  const method = headers.get(":method");
  if (method !== "POST" || !/^application\/grpc($|[+;])/.test(headers.get("content-type") ?? "")) {
    return answerAtEnd(stream, method === "POST" ? "415" : "405");
  }
  const call = callOptions(stream, options, limits);
  const found = options.methods.get(call.path);
  if (!found)
    return refusedCall(new Call(stream, call), problem("GRPC_UNKNOWN_METHOD", { method: call.path }));
  if (!("handle" in found)) return new StreamingCall(stream, found, call);
  // Calls that last, such as watches, do not count.
  const requests = found.light ? undefined : limits.requests;
  const refusal = requests?.enter();
  if (refusal) return refusedCall(new Call(stream, call), refusal);
  return new UnaryCall(stream, found, requests ? { ...call, leave: () => requests.leave() } : call);
}

function callOptions(
  { headers }: Stream,
  { maxMessageBytes, log, answered }: GrpcServerOptions,
  { receiveIdleMs }: SocketLimits,
): CallOptions {
  const path = headers.get(":path") ?? "";
  const watch = answered && new GrpcWatch(path, answered);
  return { path, maxMessageBytes, memory: SHARED_MEMORY, log, watch, receiveIdleMs, leave: undefined };
}

/** A call that is over before it was read; what its client still sends is thrown away. */
function refusedCall(call: Call, reason: ReturnType<typeof problem>): StreamSink {
  call.refuse(reason);
  return { data: () => undefined, end: () => undefined, closed: (answered) => call.closed(answered) };
}

/** What is no call of gRPC is answered as HTTP answers, once it is complete. */
function answerAtEnd(stream: Stream, status: string): StreamSink {
  return {
    data: () => undefined,
    end: () => {
      stream.respond([
        [":status", status],
        ["content-type", "text/plain"],
      ]);
      stream.write([NO_CALL]);
      stream.end([]);
    },
    closed: () => undefined,
    stalled: () => stream.reset(),
  };
}

const NO_CALL = Buffer.from("This port speaks gRPC: POST with content-type application/grpc\n");

/** Ages are spread by a tenth either way, as gRPC spreads them, so that clients do not come back all at once. */
function endWhenOld(socket: Http2Socket, ageMs: number, { maxConnectionAgeGraceMs }: ChannelOptions): void {
  socket.after(Math.min(ageMs * (0.9 + 0.2 * Math.random()), MAX_TIMER_MS), () => {
    socket.beginDrain();
    if (maxConnectionAgeGraceMs === undefined) return;
    socket.after(Math.min(maxConnectionAgeGraceMs, MAX_TIMER_MS), () => socket.destroy());
  });
}

/** A longer timer would fire at once; this one is 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;
