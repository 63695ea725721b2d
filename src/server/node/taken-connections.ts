// A worker's connections: sockets made of the descriptors that the main thread hands over, until the last one is closed.
// Invariant: a descriptor is counted as taken before anything is done with it, and its connection as closed exactly once.
import { Socket } from "node:net";
import { closedConnection, type ListenerName, tookConnection } from "../workers/cells.ts";
import { listenersOf, type ServingListeners } from "./serving-listeners.ts";

export class TakenConnections {
  readonly #listeners: ServingListeners;
  readonly #cells: Int32Array;
  readonly #worker: number;
  readonly #sockets = new Set<Socket>();
  #whenNone: (() => void) | undefined;

  /** `listeners` never listen: connections come to them one by one. */
  constructor(listeners: ServingListeners, cells: Int32Array, worker: number, ticketKeys: Uint8Array) {
    this.#listeners = listeners;
    this.#cells = cells;
    this.#worker = worker;
    for (const { server } of listenersOf(listeners)) {
      if ("setTicketKeys" in server && typeof server.setTicketKeys === "function")
        server.setTicketKeys(ticketKeys);
    }
  }

  take(descriptor: number, name: ListenerName): void {
    tookConnection(this.#cells, this.#worker);
    const listener = this.#listeners[name];
    if (!listener) throw new Error(`a connection came for ${name}, which is not served`);
    // As the listener's own server would have made it.
    const socket = new Socket({ fd: descriptor, readable: true, writable: true }).setNoDelay(true);
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      closedConnection(this.#cells, this.#worker, name);
      if (this.#sockets.size === 0) this.#whenNone?.();
    });
    listener.server.emit("connection", socket);
  }

  /** Asks clients to end their connections. Resolves when all have ended. */
  async drain(): Promise<void> {
    for (const listener of listenersOf(this.#listeners)) listener.beginDrain();
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => (this.#whenNone = resolve));
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const listener of listenersOf(this.#listeners)) listener.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}
