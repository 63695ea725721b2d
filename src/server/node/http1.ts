// REST's socket: HTTP/1.1 by node:http, from its requests to the handler's and back.
// Invariant: an answer is written in the handler's pieces, with turns for others between them, and no faster than the
// client reads. A small answer, which is one piece, goes out at once with its length.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { FerryError, problem } from "../../core/errors.ts";
import { secureOptions, type TlsOptions } from "../configuration/tls.ts";
import type { Log } from "../log.ts";
import type { RestHandler, RestRequest, RestResponse } from "../rest/message.ts";
import { nextTurn } from "../slices.ts";
import { errorResponse } from "../tensorflow-serving/rest/errors.ts";
import { bodyOf } from "./body.ts";
import { drained } from "./drained.ts";

/** Node's own limit of 300 s for a whole request would cut off slow uploads of large bodies. */
const REQUEST_TIMEOUT_MS = 0;
/** A connection that sends nothing for this long between requests is closed; load balancers keep them for 60 s. */
const KEEP_ALIVE_MS = 65_000;
const TEXT_BELOW_BYTES = 16 * 1024;

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
}

/** A server that is not listening yet. */
export function createRestServer(handle: RestHandler, { log, tls }: RestServerOptions): RestServer {
  let inFlight = 0;
  let draining = false;
  const options = { requestTimeout: REQUEST_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true };
  const serve = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    inFlight++;
    outgoing.once("close", () => inFlight--);
    void answer(incoming, outgoing, handle, { log, isDraining: () => draining });
  };
  const server = tls
    ? createSecureServer({ ...options, ...secureOptions(tls) }, serve)
    : createServer(options, serve);
  return {
    server,
    inFlight: () => inFlight,
    beginDrain: () => {
      draining = true;
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: RestHandler,
  { log, isDraining }: { readonly log: Log; readonly isDraining: () => boolean },
): Promise<void> {
  try {
    const response = await handle(requestOf(incoming, outgoing)).catch((error: unknown) => {
      log("error", `REST: ${incoming.method} ${incoming.url}: ${textOf(error)}`);
      return errorResponse(
        error instanceof FerryError
          ? error.problems[0]
          : problem("SERVER_INTERNAL", { reason: textOf(error) }),
      );
    });
    // A client that is still sending would fill the connection with what nobody reads.
    if (isDraining() || !incoming.complete) outgoing.setHeader("Connection", "close");
    await write(response, outgoing);
  } catch (error) {
    // The socket broke while it was written to; there is nobody left to tell.
    log("debug", `REST: ${incoming.method} ${incoming.url}: ${textOf(error)}`);
    outgoing.destroy();
  }
}

function requestOf(incoming: IncomingMessage, outgoing: ServerResponse): RestRequest {
  return {
    method: incoming.method ?? "",
    url: incoming.url ?? "",
    header: (name) => {
      const value = incoming.headers[name];
      return typeof value === "string" ? value : value?.join(", ");
    },
    body: bodyOf(incoming),
    onCancel: (callback) => {
      outgoing.once("close", () => {
        if (!outgoing.writableFinished) callback();
      });
    },
  };
}

async function write(response: RestResponse, outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return;
  const pieces = response.body[Symbol.iterator]();
  let piece = pieces.next();
  const first = piece.done ? undefined : piece.value;
  if (!piece.done) piece = pieces.next();
  if (piece.done) {
    outgoing.writeHead(response.status, { ...response.headers, "Content-Length": first?.length ?? 0 });
    // Text goes out in one write with the header, bytes in two.
    if (first && first.length < TEXT_BELOW_BYTES)
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
  outgoing.end();
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
