// The numbers that all threads of a server share, in memory that each of them reads and writes at once.
// Layout, in 32-bit cells: the epoch of the models' table, the engine's free slots, requests in flight; then for each
// worker the connections that it took, the slots and the requests that it holds, and what it closed of each listener.
// Invariant: a worker's own cells are written by that worker alone, until it has ended.

/** Listeners whose connections are handed over, in the order of their cells. */
export const LISTENERS = ["rest", "grpc", "socket"] as const;
export type ListenerName = (typeof LISTENERS)[number];

const EPOCH = 0;
const FREE_SLOTS = 1;
const IN_FLIGHT = 2;
const SHARED_CELLS = 3;

const TAKEN = 0;
const HELD_SLOTS = 1;
const HELD_REQUESTS = 2;
const CLOSED = 3;
const WORKER_CELLS = CLOSED + LISTENERS.length;

/** Room for so many workers, with so many of the engine's slots. */
export function makeCells(workers: number, slots: number): Int32Array {
  const bytes = (SHARED_CELLS + workers * WORKER_CELLS) * Int32Array.BYTES_PER_ELEMENT;
  const cells = new Int32Array(new SharedArrayBuffer(bytes));
  cells[FREE_SLOTS] = slots;
  return cells;
}

/** Where ThreadSlots finds a worker's slots. */
export function slotCells(worker: number): { readonly free: number; readonly held: number } {
  return { free: FREE_SLOTS, held: cellOf(worker, HELD_SLOTS) };
}

export function epochOf(cells: Int32Array): number {
  return Atomics.load(cells, EPOCH);
}

/** From this moment on, what belongs to the epoch holds for every thread. */
export function beginEpoch(cells: Int32Array, epoch: number): void {
  Atomics.store(cells, EPOCH, epoch);
}

export function requestsInFlight(cells: Int32Array): number {
  return Atomics.load(cells, IN_FLIGHT);
}

/** Counts a request of a worker in; false, and not counted, if there are `max` already. */
export function enterRequest(cells: Int32Array, worker: number, max: number): boolean {
  if (Atomics.add(cells, IN_FLIGHT, 1) >= max) {
    Atomics.sub(cells, IN_FLIGHT, 1);
    return false;
  }
  Atomics.add(cells, cellOf(worker, HELD_REQUESTS), 1);
  return true;
}

export function leaveRequest(cells: Int32Array, worker: number): void {
  Atomics.sub(cells, cellOf(worker, HELD_REQUESTS), 1);
  Atomics.sub(cells, IN_FLIGHT, 1);
}

export function tookConnection(cells: Int32Array, worker: number): void {
  Atomics.add(cells, cellOf(worker, TAKEN), 1);
}

export function closedConnection(cells: Int32Array, worker: number, listener: ListenerName): void {
  Atomics.add(cells, cellOf(worker, CLOSED + LISTENERS.indexOf(listener)), 1);
}

/** Connections that a worker took since it began. */
export function takenBy(cells: Int32Array, worker: number): number {
  return Atomics.load(cells, cellOf(worker, TAKEN));
}

/** Connections of a listener that a worker closed since it began. */
export function closedBy(cells: Int32Array, worker: number, listener: ListenerName): number {
  return Atomics.load(cells, cellOf(worker, CLOSED + LISTENERS.indexOf(listener)));
}

/** Gives back what a worker held that has ended, and clears its cells for the one that follows. */
export function forgetWorker(cells: Int32Array, worker: number): void {
  Atomics.add(cells, FREE_SLOTS, Atomics.exchange(cells, cellOf(worker, HELD_SLOTS), 0));
  Atomics.sub(cells, IN_FLIGHT, Atomics.exchange(cells, cellOf(worker, HELD_REQUESTS), 0));
  for (let cell = 0; cell < WORKER_CELLS; cell++) Atomics.store(cells, cellOf(worker, cell), 0);
}

function cellOf(worker: number, cell: number): number {
  return SHARED_CELLS + worker * WORKER_CELLS + cell;
}
