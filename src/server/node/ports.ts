// The server's listeners: REST, gRPC on a port, gRPC on a unix socket. Opens, drains and closes them together.
// Not here: what they do with connections (serving-listeners.ts), what is refused before (refuse-options.ts).
import { lstat, unlink } from "node:fs/promises";
import type { Routes } from "../protocol.ts";
import { type AdminListener, createAdminListener } from "./admin-listener.ts";
import { listen, listenOnSocket } from "./listen.ts";
import { DEFAULT_ADMIN_HOST } from "./refuse-options.ts";
import type { ServeOptions } from "./serve-options.ts";
import { commonOptions, listenersOf, type ServingListeners } from "./serving-listeners.ts";

export const DEFAULT_HOST = "0.0.0.0";

export class Ports {
  readonly #options: ServeOptions;
  readonly #listeners: ServingListeners;
  readonly #admin: AdminListener | undefined;
  grpcPort: number | undefined;
  restPort: number | undefined;
  adminPort: number | undefined;

  /** `admin` are the admin listener's routes. */
  constructor(options: ServeOptions, listeners: ServingListeners, admin: Routes) {
    this.#options = options;
    this.#listeners = listeners;
    // Whoever cannot reach the models any more must still be able to change that.
    const unlimited = commonOptions(options, undefined);
    this.#admin = options.adminPort === undefined ? undefined : createAdminListener(admin, unlimited);
  }

  /** Opens everything, and says so in TensorFlow Serving's words. Throws a row of the table; nothing is open then. */
  async open(): Promise<void> {
    const { log, port, restApiPort, grpcSocketPath, host = DEFAULT_HOST } = this.#options;
    try {
      const { rest, grpc, socket } = this.#listeners;
      this.grpcPort = grpc && (await listen(grpc.server, port ?? 0, host));
      if (this.grpcPort !== undefined)
        log("info", `Running gRPC ModelServer at ${host}:${this.grpcPort} ...`);
      if (socket && grpcSocketPath) {
        await removeStaleSocket(grpcSocketPath);
        await listenOnSocket(socket.server, grpcSocketPath);
        log("info", `Running gRPC ModelServer at UNIX socket ${grpcSocketPath} ...`);
      }
      this.restPort = rest && (await listen(rest.server, restApiPort ?? 0, host));
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
    return listenersOf(this.#listeners).reduce((sum, listener) => sum + listener.inFlight(), 0);
  }

  /** Takes no new connections, and asks clients of the open ones to end them. Resolves when all have ended. */
  async drain(): Promise<void> {
    const listeners = listenersOf(this.#listeners);
    const closed = listeners.map(
      ({ server }) =>
        new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve())),
    );
    for (const listener of listeners) listener.beginDrain();
    this.#admin?.server.close();
    await Promise.all(closed);
    // A call that changes a server which ends has nothing to wait for.
    this.#admin?.destroy();
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const listener of listenersOf(this.#listeners)) listener.destroy();
    this.#admin?.destroy();
  }

  /** Closes what is open, if anything is. */
  close(): void {
    for (const { server } of listenersOf(this.#listeners)) server.close();
    this.#admin?.server.close();
  }
}

/** A socket that a server left behind which did not end well; a file that is none is not ours to remove. */
async function removeStaleSocket(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isSocket()) await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error; // node:fs throws these
  }
}
