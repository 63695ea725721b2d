// REST's port: HTTP/1.1 over node:net, or node:tls where it is encrypted.
// Measured: a small request over node:http costs 42 us of processor time, over this 18. What it does beyond, such as
// streams for bodies that are there already and listeners for each request, nobody here asks for.
// Invariant: a connection that waits for a head, or lies idle, is closed when its time is over; headers that drip in do not
// hold it.
// Not here: one connection (http1-connection.ts), the protocol (http1/).
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createSecureServer, type TlsOptions as TlsServerOptions } from "node:tls";
import { secureOptions, type TlsOptions } from "../configuration/tls.ts";
import type { Log } from "../log.ts";
import type { RestHandler } from "../rest/message.ts";
import { KEEP_ALIVE_SECONDS } from "./http1-answer.ts";
import { Http1Connection, type Http1Context } from "./http1-connection.ts";
import { NO_LIMITS, type SocketLimits } from "./socket-limits.ts";
import type { RequestListener } from "./watch-request.ts";

const KEEP_ALIVE_MS = KEEP_ALIVE_SECONDS * 1000;
/** Connections that are late are looked for this often, at most. */
const LATE_CHECK_MS = 5000;

export interface RestServer {
  readonly server: Server;
  /** Takes a connection that was accepted elsewhere, and what was read of it already. */
  readonly serve: (socket: Socket, beginning?: Uint8Array) => void;
  /** Requests that are not answered yet. */
  readonly inFlight: () => number;
  /** Closes connections that wait for a request; from now on every answer asks its client to close the others. */
  readonly beginDrain: () => void;
  /** Cuts every connection. */
  readonly destroy: () => void;
}

export interface RestServerOptions {
  readonly log: Log;
  /** Without it connections are not encrypted. */
  readonly tls?: TlsOptions | undefined;
  readonly limits?: SocketLimits | undefined;
  /** Which requests are answered also where there are too many. */
  readonly isLight?: (url: string, method: string) => boolean;
  /** Told of each request when it was answered. */
  readonly answered?: RequestListener | undefined;
}

/** A server that is not listening yet. */
export function createRestServer(handle: RestHandler, options: RestServerOptions): RestServer {
  const { tls, limits = NO_LIMITS } = options;
  const context: Http1Context = { ...options, limits, handle, isDraining: false, inFlight: 0 };
  const connections = new Set<Http1Connection>();
  const check = lateCheck(connections, limits.headerTimeoutMs);
  const serve = (socket: Socket, beginning?: Uint8Array): void => {
    const connection = new Http1Connection(socket, context, beginning);
    connections.add(connection);
    check.start();
    socket.once("close", () => connections.delete(connection));
  };
  const begin = (socket: Socket): void => serve(socket);
  const server = tls ? createSecureServer(secureSockets(tls, limits), begin) : createServer(SOCKETS, begin);
  if (limits.maxConnections > 0) server.maxConnections = limits.maxConnections;
  return {
    server,
    serve,
    inFlight: () => context.inFlight,
    beginDrain: () => {
      context.isDraining = true;
      for (const connection of connections) if (isWaiting(connection)) connection.destroy();
    },
    destroy: () => {
      for (const connection of connections) connection.destroy();
    },
  };
}

/** Answers are written whole: waiting for more to send with them would only delay them. */
const SOCKETS = { noDelay: true };

function secureSockets(tls: TlsOptions, { headerTimeoutMs }: SocketLimits): TlsServerOptions {
  const handshake = headerTimeoutMs > 0 ? { handshakeTimeout: headerTimeoutMs } : {};
  return { ...SOCKETS, ...handshake, ALPNProtocols: ["http/1.1"], ...secureOptions(tls) };
}

function isWaiting({ phase }: Http1Connection): boolean {
  return phase === "new" || phase === "idle";
}

/** Closes connections that are late, for as long as there are any. */
function lateCheck(connections: ReadonlySet<Http1Connection>, headerTimeoutMs: number): { start(): void } {
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const now = performance.now();
    for (const connection of connections) closeIfLate(connection, now, headerTimeoutMs);
    if (connections.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const everyMs = Math.max(1, Math.min(LATE_CHECK_MS, headerTimeoutMs || LATE_CHECK_MS));
  return {
    start: () => {
      timer ??= setInterval(look, everyMs).unref();
    },
  };
}

function closeIfLate(connection: Http1Connection, now: number, headerTimeoutMs: number): void {
  const waited = now - connection.since;
  if (connection.phase === "idle") {
    if (waited > KEEP_ALIVE_MS) connection.destroy();
  } else if (connection.phase === "new" || connection.phase === "head") {
    if (headerTimeoutMs > 0 && waited > headerTimeoutMs) connection.timeOut();
  }
}
