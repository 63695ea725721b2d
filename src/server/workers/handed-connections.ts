// The connections that one worker was given: how many are open, and which it had not taken yet when it ended.
// Invariant: a descriptor is the worker's from the moment that it counts the connection as taken (cells.ts), and the main
// thread's until then, also if the worker ends in between.
import { closedBy, LISTENERS, type ListenerName, takenBy } from "./cells.ts";

export interface Connection {
  /** Of its socket. */
  readonly descriptor: number;
  readonly listener: ListenerName;
}

export class HandedConnections {
  readonly #cells: Int32Array;
  readonly #worker: number;
  readonly #handed = new Map<ListenerName, number>();
  /** In the order they were handed over, without those that are known to be taken. */
  #untaken: Connection[] = [];
  #knownTaken = 0;

  constructor(cells: Int32Array, worker: number) {
    this.#cells = cells;
    this.#worker = worker;
  }

  add(connection: Connection): void {
    const { listener } = connection;
    this.#handed.set(listener, (this.#handed.get(listener) ?? 0) + 1);
    this.#untaken = [...this.untaken(), connection];
  }

  /** Those that are the main thread's still. */
  untaken(): readonly Connection[] {
    const taken = takenBy(this.#cells, this.#worker);
    this.#untaken = this.#untaken.slice((taken - this.#knownTaken) | 0);
    this.#knownTaken = taken;
    return this.#untaken;
  }

  /** Connections of a listener, or of all of them, that are open or will be. */
  open(listener?: ListenerName): number {
    const of = (one: ListenerName): number =>
      ((this.#handed.get(one) ?? 0) - closedBy(this.#cells, this.#worker, one)) | 0;
    return listener ? of(listener) : LISTENERS.reduce((sum, one) => sum + of(one), 0);
  }
}
