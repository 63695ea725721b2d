// The end of a server: nothing new, what is in flight finished, memory given back.
import type { Clock } from "../clock.ts";
import type { Health } from "../health/health.ts";
import type { Log } from "../log.ts";
import type { Manager } from "../manager/manager.ts";
import type { RequestLog } from "../request-log/request-log.ts";
import type { Ports } from "./ports.ts";

export interface DrainTimes {
  /** Milliseconds that requests are still taken while the health says that no more should be sent. */
  readonly drainDelayMs: number;
  readonly clock: Clock;
  /** Requests that are not done by then are cut off. */
  readonly drainMs: number;
}

export interface Draining extends DrainTimes {
  readonly health: Health;
  /** Stops looking for versions and configurations. */
  readonly stopWatching: () => void;
  readonly ports: Pick<Ports, "inFlight" | "drain" | "destroy">;
  readonly manager: Manager;
  readonly requestLog: RequestLog | undefined;
  readonly log: Log;
}

/** Resolves when everything is closed, at the latest soon after drainDelayMs and drainMs. */
export async function drain(draining: Draining): Promise<void> {
  const { health, stopWatching, ports, manager, requestLog, drainDelayMs, drainMs, clock, log } = draining;
  health.set("draining");
  stopWatching();
  // Load balancers take a while to hear of it, and send requests until then.
  if (drainDelayMs > 0) await new Promise<void>((resolve) => clock.after(drainDelayMs, resolve));
  const closed = ports.drain();
  if (!(await within(closed, drainMs))) {
    log("warn", `${ports.inFlight()} requests were cut off: they were not done after ${drainMs} ms`);
    ports.destroy();
    await closed;
  }
  if (requestLog && !(await within(requestLog.close(), FLUSH_MS))) {
    log("warn", "the request log's last records were not written: its disk does not answer");
  }
  // A run that outlives its request keeps its model; the process ends without waiting for it.
  if (!(await within(manager.close(), UNLOAD_MS)))
    log("warn", "a model was still running and was not unloaded");
}

/** What waits to be written is bounded. */
const FLUSH_MS = 5000;
/** Unloading itself takes milliseconds. */
const UNLOAD_MS = 2000;

/** Whether it was done in time. */
async function within(work: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const done = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return done;
}
