// The server's listeners: REST, gRPC on a port, gRPC on a unix socket. Opens, drains and closes them together.
import { lstat, unlink } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { createSecureContext } from "node:tls";
import { fail } from "../../core/errors.ts";
import { secureOptions, type TlsOptions } from "../configuration/tls.ts";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../grpc/frames.ts";
import { RequestLimit } from "../limits/request-limit.ts";
import { dispatchRest } from "../rest/dispatch.ts";
import { type AdminListener, createAdminListener } from "./admin-listener.ts";
import { createRestServer, type RestServer } from "./http1.ts";
import { createGrpcServer, type GrpcServer } from "./http2.ts";
import { listen, listenOnSocket } from "./listen.ts";
import type { ListenerRoutes } from "./routes.ts";
import type { ServeOptions } from "./serve-options.ts";
import { DEFAULT_HEADER_TIMEOUT_MS, DEFAULT_RECEIVE_IDLE_MS, type SocketLimits } from "./socket-limits.ts";

export const DEFAULT_HOST = "0.0.0.0";
/** No other machine reaches it. */
export const DEFAULT_ADMIN_HOST = "127.0.0.1";

export class Ports {
  readonly #options: ServeOptions;
  readonly #rest: RestServer | undefined;
  readonly #grpc: GrpcServer | undefined;
  readonly #socket: GrpcServer | undefined;
  readonly #admin: AdminListener | undefined;
  grpcPort: number | undefined;
  restPort: number | undefined;
  adminPort: number | undefined;

  constructor(options: ServeOptions, { serving, admin }: ListenerRoutes) {
    const { log, port, restApiPort, grpcSocketPath, restTls, grpcTls, grpcChannel, answered } = options;
    this.#options = options;
    const maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    const limits = limitsOf(options);
    const common = { log, limits, answered, maxMessageBytes };
    const makeGrpc = (): GrpcServer =>
      createGrpcServer({ ...common, methods: serving.grpc, tls: grpcTls, channel: grpcChannel });
    refuseOpenAdmin(options);
    refuseBrokenKeys({ ssl_config_file: grpcTls, rest_api_ssl_config_file: restTls });
    this.#rest =
      restApiPort === undefined
        ? undefined
        : createRestServer(dispatchRest(serving.rest), {
            ...common,
            tls: restTls,
            isLight: (url, method) => serving.rest.find((one) => one.serves(url, method))?.light ?? false,
          });
    this.#grpc = port === undefined ? undefined : makeGrpc();
    this.#socket = grpcSocketPath ? makeGrpc() : undefined;
    // Whoever cannot reach the models any more must still be able to change that.
    const unlimited = { ...common, limits: { ...limits, requests: undefined } };
    this.#admin = options.adminPort === undefined ? undefined : createAdminListener(admin, unlimited);
  }

  /** Opens everything, and says so in TensorFlow Serving's words. Throws a row of the table; nothing is open then. */
  async open(): Promise<void> {
    const { log, port, restApiPort, grpcSocketPath, host = DEFAULT_HOST } = this.#options;
    try {
      this.grpcPort = this.#grpc && (await listen(this.#grpc.server, port ?? 0, host));
      if (this.grpcPort !== undefined)
        log("info", `Running gRPC ModelServer at ${host}:${this.grpcPort} ...`);
      if (this.#socket && grpcSocketPath) {
        await removeStaleSocket(grpcSocketPath);
        await listenOnSocket(this.#socket.server, grpcSocketPath);
        log("info", `Running gRPC ModelServer at UNIX socket ${grpcSocketPath} ...`);
      }
      this.restPort = this.#rest && (await listen(this.#rest.server, restApiPort ?? 0, host));
      if (this.restPort !== undefined)
        log("info", `Exporting HTTP/REST API at:localhost:${this.restPort} ...`);
      await this.#openAdmin();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async #openAdmin(): Promise<void> {
    const { log, adminPort = 0, adminHost = DEFAULT_ADMIN_HOST } = this.#options;
    if (!this.#admin) return;
    this.adminPort = await listen(this.#admin.server, adminPort, adminHost);
    log("info", `Running the admin listener at ${adminHost}:${this.adminPort} ...`);
  }

  /** Requests that are not answered yet. */
  inFlight(): number {
    return (this.#rest?.inFlight() ?? 0) + (this.#grpc?.inFlight() ?? 0) + (this.#socket?.inFlight() ?? 0);
  }

  /** Takes no new connections, and asks clients of the open ones to end them. Resolves when all have ended. */
  async drain(): Promise<void> {
    const servers = [this.#rest?.server, this.#grpc?.server, this.#socket?.server];
    const closed = servers.map(
      (server) =>
        new Promise<void>((resolve) => (server?.listening ? server.close(() => resolve()) : resolve())),
    );
    this.#rest?.beginDrain();
    this.#rest?.server.closeIdleConnections();
    this.#grpc?.beginDrain();
    this.#socket?.beginDrain();
    this.#admin?.server.close();
    await Promise.all(closed);
    // A call that changes a server which ends has nothing to wait for.
    this.#admin?.destroy();
  }

  /** Cuts every connection. */
  destroy(): void {
    this.#rest?.server.closeAllConnections();
    this.#grpc?.destroy();
    this.#socket?.destroy();
    this.#admin?.destroy();
  }

  /** Closes what is open, if anything is. */
  close(): void {
    for (const one of [this.#rest, this.#grpc, this.#socket, this.#admin]) one?.server.close();
  }
}

function limitsOf(options: ServeOptions): SocketLimits {
  const { maxConnections = 0, maxRequestsInFlight = 0 } = options;
  return {
    maxConnections,
    headerTimeoutMs: options.headerTimeoutMs ?? DEFAULT_HEADER_TIMEOUT_MS,
    receiveIdleMs: options.receiveIdleMs ?? DEFAULT_RECEIVE_IDLE_MS,
    requests: maxRequestsInFlight > 0 ? new RequestLimit(maxRequestsInFlight) : undefined,
  };
}

/** Throws ADMIN_WITHOUT_TOKEN before anything is opened. */
function refuseOpenAdmin({
  adminPort,
  adminHost: host = DEFAULT_ADMIN_HOST,
  adminTokens,
}: ServeOptions): void {
  if (adminPort !== undefined && !adminTokens && !isLoopback(host)) fail("ADMIN_WITHOUT_TOKEN", { host });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

/** A socket that a server left behind which did not end well; a file that is none is not ours to remove. */
async function removeStaleSocket(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isSocket()) await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // node:fs throws these
  }
}

/** Keys are looked at before anything is opened. Throws TLS_REFUSED. */
function refuseBrokenKeys(all: Readonly<Record<string, TlsOptions | undefined>>): void {
  for (const [flag, tls] of Object.entries(all)) {
    if (!tls) continue;
    try {
      createSecureContext(secureOptions(tls));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      fail("TLS_REFUSED", { file: `--${flag}`, reason }, error);
    }
  }
}
