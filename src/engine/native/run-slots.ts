// Which runs may be on threads at once, over all models of the process.
// Runs use libuv's pool of threads, which files and name look-ups use too: one thread stays theirs. Models take turns,
// so that a hundred waiting calls of one do not delay the first of another.
// Not here: runs on the event loop itself (run-costs.ts).
import { availableCores } from "../cores.ts";

/** libuv's own default; https://docs.libuv.org/en/v1.x/threadpool.html. UV_THREADPOOL_SIZE sets it before start. */
const DEFAULT_POOL_THREADS = 4;
const MAX_POOL_THREADS = 1024;

/** How many runs may be on threads at once with `cores` to use: one more than cores hides the way back and forth. */
export function runSlotCount(
  cores: number,
  poolSize: string | undefined = process.env["UV_THREADPOOL_SIZE"],
): number {
  const asked = Number.parseInt(poolSize ?? "", 10);
  const pool = asked > 0 ? Math.min(asked, MAX_POOL_THREADS) : DEFAULT_POOL_THREADS;
  return Math.max(1, Math.min(cores + 1, pool - 1));
}

/** A run that waits: told whether it may start. */
type Waiting = (started: boolean) => void;

/** Where slots are taken from, and given back to. */
export interface SlotSupply {
  /** Takes a slot, if there is one. */
  take(): boolean;
  give(): void;
}

/** So many slots. */
class OwnSlots implements SlotSupply {
  private free: number;

  constructor(count: number) {
    this.free = count;
  }

  take(): boolean {
    if (this.free <= 0) return false;
    this.free -= 1;
    return true;
  }

  give(): void {
    this.free += 1;
  }
}

export class RunSlots {
  private readonly supply: SlotSupply;
  /** Waiting runs by model; models in the order of their turns. */
  private readonly waiting = new Map<object, Waiting[]>();

  /** A number of slots of its own, or a supply that others take from too. */
  constructor(slots: number | SlotSupply) {
    this.supply = typeof slots === "number" ? new OwnSlots(slots) : slots;
  }

  /** Waits for the model's turn. True: the run may start, and `leave` must follow. False: `signal` came first. */
  enter(model: object, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    if (this.waiting.size === 0 && this.supply.take()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.forget(model, tell);
        resolve(false);
      };
      const tell: Waiting = (started) => {
        signal?.removeEventListener("abort", giveUp);
        resolve(started);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      const queue = this.waiting.get(model);
      if (queue) queue.push(tell);
      else this.waiting.set(model, [tell]);
      this.startWaiting(); // others may have given slots back meanwhile
    });
  }

  /** Gives a slot back, to the next run if one waits. */
  leave(): void {
    this.supply.give();
    this.startWaiting();
  }

  private startWaiting(): void {
    for (;;) {
      const [turn] = this.waiting;
      if (!turn || !this.supply.take()) return;
      const [model, queue] = turn;
      const next = queue.shift();
      this.waiting.delete(model); // to the end of the line
      if (queue.length > 0) this.waiting.set(model, queue);
      next?.(true);
    }
  }

  private forget(model: object, entry: Waiting): void {
    const queue = this.waiting.get(model)?.filter((other) => other !== entry) ?? [];
    if (queue.length > 0) this.waiting.set(model, queue);
    else this.waiting.delete(model);
  }
}

let shared: RunSlots | undefined;

/** The slots of this process, which all engines share as they share the threads. */
export function sharedRunSlots(): RunSlots {
  shared ??= new RunSlots(runSlotCount(availableCores()));
  return shared;
}
