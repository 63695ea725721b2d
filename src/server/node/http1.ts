// REST's socket: HTTP/1.1 by node:http, from its requests to the handler's and back.
// Invariant: an answer is written in the handler's pieces, with turns for others between them, and no faster than the
// client reads. A small answer, which is one piece, goes out at once with its length.
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer } from "node:https";
import { FerryError, type Problem, problem } from "../../core/errors.ts";
import { secureOptions, type TlsOptions } from "../configuration/tls.ts";
import type { Log } from "../log.ts";
import type { RestHandler, RestRequest, RestResponse } from "../rest/message.ts";
import { nextTurn } from "../slices.ts";
import { errorResponse } from "../tensorflow-serving/rest/errors.ts";
import { bodyOf } from "./body.ts";
import { drained } from "./drained.ts";
import { readToEnd } from "./read-to-end.ts";
import { NO_LIMITS, type SocketLimits } from "./socket-limits.ts";
import { type RequestListener, type Watch, watchRest } from "./watch-request.ts";

/** Node's own limit of 300 s for a whole request would cut off slow uploads of large bodies. */
const REQUEST_TIMEOUT_MS = 0;
/** A connection that sends nothing for this long between requests is closed; load balancers keep them for 60 s. */
const KEEP_ALIVE_MS = 65_000;
/** Of a request that is answered unread, so that its connection can be kept. */
const THROWN_AWAY_BYTES = 64 * 1024;
/** Node's own limit, 16 kB, is less than proxies pass on with their tokens: Envoy takes 60 kB. */
const MAX_HEADER_BYTES = 64 * 1024;
/** The status of a request that is waited for no longer. */
const STALLED = 408;
const TEXT_BELOW_BYTES = 16 * 1024;
/** Node looks for connections whose headers are late this often, at most. */
const LATE_CHECK_MS = 5000;

export interface RestServer {
  readonly server: Server;
  /** Requests that are not answered yet. */
  readonly inFlight: () => number;
  /** From now on every answer asks its client to close the connection. */
  readonly beginDrain: () => void;
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
  let inFlight = 0;
  let draining = false;
  const answering = { ...options, limits, isDraining: () => draining };
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    inFlight++;
    outgoing.once("close", () => inFlight--);
    void answer(incoming, outgoing, handle, answering);
  };
  const timing = timingOf(limits);
  const server = tls
    ? createSecureServer({ ...timing, ...secureOptions(tls) }, serve)
    : createServer(timing, serve);
  if (limits.maxConnections > 0) server.maxConnections = limits.maxConnections;
  return {
    server,
    inFlight: () => inFlight,
    beginDrain: () => {
      draining = true;
    },
  };
}

function timingOf({ headerTimeoutMs }: SocketLimits): ServerOptions {
  return {
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    noDelay: true,
    headersTimeout: headerTimeoutMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    connectionsCheckingInterval: Math.max(1, Math.min(LATE_CHECK_MS, headerTimeoutMs || LATE_CHECK_MS)),
  };
}

type AnswerOptions = RestServerOptions & {
  readonly limits: SocketLimits;
  readonly isDraining: () => boolean;
};

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: RestHandler,
  options: AnswerOptions,
): Promise<void> {
  const { log, answered } = options;
  const watch = answered && watchRest(incoming, outgoing, answered);
  try {
    const refusal = refuseMore(incoming, outgoing, options);
    if (refusal) {
      await send(errorResponse(refusal), incoming, outgoing, options, watch);
      return;
    }
    const response = await handle(requestOf(incoming, outgoing, options, watch)).catch((error: unknown) => {
      log("error", `REST: ${incoming.method} ${incoming.url}: ${textOf(error)}`);
      return errorResponse(
        error instanceof FerryError
          ? error.problems[0]
          : problem("SERVER_INTERNAL", { reason: textOf(error) }),
      );
    });
    await send(response, incoming, outgoing, options, watch);
  } catch (error) {
    // The socket broke while it was written to; there is nobody left to tell.
    log("debug", `REST: ${incoming.method} ${incoming.url}: ${textOf(error)}`);
    outgoing.destroy();
  }
}

/** Sends the answer, and sees to what of the request is still to come. */
async function send(
  response: RestResponse,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { isDraining }: AnswerOptions,
  watch: Watch | undefined,
): Promise<void> {
  if (isDraining()) outgoing.setHeader("Connection", "close");
  if (incoming.complete) return write(response, outgoing, watch);
  const stalled = response.status === STALLED;
  // A short body is thrown away: clients that would connect again make a busy server busier.
  if (isShort(incoming) && !stalled) {
    incoming.resume();
    return write(response, outgoing, watch);
  }
  outgoing.setHeader("Connection", "close");
  return write(response, outgoing, watch, stalled ? undefined : () => readToEnd(incoming));
}

function isShort({ headers }: IncomingMessage): boolean {
  return (
    headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) <= THROWN_AWAY_BYTES
  );
}

/** Counts the request in; why it is refused, if there are too many. */
function refuseMore(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { limits, isLight }: AnswerOptions,
): Problem | undefined {
  const { requests } = limits;
  if (!requests || isLight?.(originForm(incoming.url ?? ""), incoming.method ?? "")) return undefined;
  const refusal = requests.enter();
  if (!refusal) outgoing.once("close", () => requests.leave());
  return refusal;
}

function requestOf(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { limits }: AnswerOptions,
  watch: Watch | undefined,
): RestRequest {
  return {
    method: incoming.method ?? "",
    url: originForm(incoming.url ?? ""),
    header: (name) => {
      const value = incoming.headers[name];
      return typeof value === "string" ? value : value?.join(", ");
    },
    body: bodyOf(incoming, limits.receiveIdleMs),
    predicted: watch?.predicted,
    onCancel: (callback) => {
      outgoing.once("close", () => {
        if (!outgoing.writableFinished) callback();
      });
    },
  };
}

/** Path and query; through a proxy, scheme and host stand before them (RFC 9112, 3.2.2). */
function originForm(target: string): string {
  if (target.startsWith("/")) return target;
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/i.exec(target) ?? [];
  return rest === undefined ? target : rest.startsWith("/") ? rest : `/${rest}`;
}

/** Writes the answer; the connection is free for others when `beforeEnd` is done. */
async function write(
  response: RestResponse,
  outgoing: ServerResponse,
  watch: Watch | undefined,
  beforeEnd?: () => Promise<void>,
): Promise<void> {
  if (outgoing.destroyed) return;
  const pieces = (watch ? watch.counted(response.body) : response.body)[Symbol.iterator]();
  let piece = pieces.next();
  const first = piece.done ? undefined : piece.value;
  if (!piece.done) piece = pieces.next();
  if (piece.done) {
    outgoing.writeHead(response.status, { ...response.headers, "Content-Length": first?.length ?? 0 });
    // Text goes out in one write with the header, bytes in two.
    if (beforeEnd) {
      if (first) outgoing.write(first);
      else outgoing.flushHeaders();
      await beforeEnd();
      outgoing.end();
    } else if (first && first.length < TEXT_BELOW_BYTES)
      outgoing.end(
        Buffer.from(first.buffer, first.byteOffset, first.byteLength).toString("latin1"),
        "latin1",
      );
    else outgoing.end(first);
    return;
  }
  outgoing.writeHead(response.status, response.headers);
  if (first) outgoing.write(first);
  while (!piece.done) {
    if (outgoing.write(piece.value)) await nextTurn();
    else await drained(outgoing);
    if (outgoing.destroyed) return;
    piece = pieces.next();
  }
  await beforeEnd?.();
  outgoing.end();
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
