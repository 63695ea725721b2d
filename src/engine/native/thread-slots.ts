// Slots for runs that the threads of a process share: whoever has much to run has all of them, whoever has little still
// has one.
// Layout: a cell with the free slots, and one for each thread with those that it holds, so that the slots of a thread
// that died can be given back.
// Invariant: a thread with a run that waits has one under way, whose end makes it look again; so nobody has to be told
// that a slot is free, and nobody starves. At most one run a thread is on top of the slots for that.
import type { SlotSupply } from "./run-slots.ts";

export class ThreadSlots implements SlotSupply {
  readonly #cells: Int32Array;
  readonly #free: number;
  readonly #held: number;
  /** Whether a run is under way that holds no slot. */
  #onTop = false;
  #running = 0;

  /** `free` and `held` are indices of cells in shared memory; `held` is this thread's alone. */
  constructor(cells: Int32Array, free: number, held: number) {
    this.#cells = cells;
    this.#free = free;
    this.#held = held;
  }

  take(): boolean {
    if (this.#takeShared()) {
      Atomics.add(this.#cells, this.#held, 1);
    } else {
      if (this.#running > 0) return false;
      this.#onTop = true;
    }
    this.#running += 1;
    return true;
  }

  give(): void {
    this.#running -= 1;
    if (this.#onTop) {
      this.#onTop = false;
      return;
    }
    Atomics.sub(this.#cells, this.#held, 1);
    Atomics.add(this.#cells, this.#free, 1);
  }

  #takeShared(): boolean {
    for (;;) {
      const free = Atomics.load(this.#cells, this.#free);
      if (free <= 0) return false;
      if (Atomics.compareExchange(this.#cells, this.#free, free, free - 1) === free) return true;
    }
  }
}
