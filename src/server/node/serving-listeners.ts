// What becomes of connections on the serving ports: one listener for each of them, all with the same routes and limits.
// Not here: opening the ports (ports.ts), the protocols' servers (http1.ts, http2.ts).
import type { Server } from "node:net";
import { accessLog } from "../access-log/access-log.ts";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../grpc/frames.ts";
import { RequestLimit } from "../limits/request-limit.ts";
import type { Log } from "../log.ts";
import type { Routes } from "../protocol.ts";
import { dispatchRest } from "../rest/dispatch.ts";
import { createRestServer } from "./http1.ts";
import { createGrpcServer } from "./http2.ts";
import type { ServeOptions } from "./serve-options.ts";
import { DEFAULT_HEADER_TIMEOUT_MS, DEFAULT_RECEIVE_IDLE_MS, type SocketLimits } from "./socket-limits.ts";
import type { RequestListener } from "./watch-request.ts";

export interface Listener {
  readonly server: Server;
  /** Requests that are not answered yet. */
  readonly inFlight: () => number;
  /** From now on clients are asked to end their connections. */
  readonly beginDrain: () => void;
  /** Cuts every connection. */
  readonly destroy: () => void;
}

/** Those that were asked for. */
export interface ServingListeners {
  readonly rest?: Listener | undefined;
  readonly grpc?: Listener | undefined;
  /** gRPC on a unix socket. */
  readonly socket?: Listener | undefined;
}

export function listenersOf({ rest, grpc, socket }: ServingListeners): readonly Listener[] {
  return [rest, grpc, socket].filter((listener) => listener !== undefined);
}

/** Makes them; none is listening yet. */
export function servingListeners(
  options: ListenerOptions,
  routes: Routes,
  requests: SocketLimits["requests"] = requestLimit(options),
): ServingListeners {
  const { port, restApiPort, grpcSocketPath, grpcTls, grpcChannel } = options;
  const common = commonOptions(options, requests);
  const grpc = { ...common, methods: routes.grpc, tls: grpcTls, channel: grpcChannel };
  return {
    rest: restApiPort === undefined ? undefined : restListener(options, common, routes),
    grpc: port === undefined ? undefined : createGrpcServer(grpc),
    socket: grpcSocketPath ? createGrpcServer(grpc) : undefined,
  };
}

export type ListenerOptions = Omit<ServeOptions, "models" | "engine" | "setLogLevel">;

/** What all listeners are made with, the admin listener too. */
export function commonOptions(
  options: ListenerOptions,
  requests: SocketLimits["requests"],
): {
  readonly log: Log;
  readonly limits: SocketLimits;
  readonly answered: RequestListener | undefined;
  readonly maxMessageBytes: number;
} {
  const { log, maxConnections = 0, maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES } = options;
  const limits = {
    maxConnections,
    headerTimeoutMs: options.headerTimeoutMs ?? DEFAULT_HEADER_TIMEOUT_MS,
    receiveIdleMs: options.receiveIdleMs ?? DEFAULT_RECEIVE_IDLE_MS,
    requests,
  };
  const answered = options.accessLog && accessLog({ ...options.accessLog, log });
  return { log, limits, answered, maxMessageBytes };
}

function restListener(
  { restTls }: ListenerOptions,
  common: ReturnType<typeof commonOptions>,
  { rest: routes }: Routes,
): Listener {
  const isLight = (url: string, method: string): boolean =>
    routes.find((one) => one.serves(url, method))?.light ?? false;
  return createRestServer(dispatchRest(routes), { ...common, tls: restTls, isLight });
}

function requestLimit({ maxRequestsInFlight = 0 }: ListenerOptions): RequestLimit | undefined {
  return maxRequestsInFlight > 0 ? new RequestLimit(maxRequestsInFlight) : undefined;
}
