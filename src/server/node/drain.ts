// The end of a server: nothing new, what is in flight finished, memory given back.
import type { Log } from "../log.ts";
import type { Manager } from "../manager/manager.ts";
import type { VersionSource } from "../source/version-source.ts";
import type { RestServer } from "./http1.ts";
import type { GrpcServer } from "./http2.ts";

export interface Draining {
  readonly source: VersionSource;
  readonly rest: RestServer | undefined;
  readonly grpc: GrpcServer | undefined;
  readonly manager: Manager;
  /** Requests that are not done by then are cut off. */
  readonly drainMs: number;
  readonly log: Log;
}

/** Resolves when everything is closed, at the latest soon after drainMs. */
export async function drain({ source, rest, grpc, manager, drainMs, log }: Draining): Promise<void> {
  source.stop();
  const closed = Promise.all([rest && closing(rest.server), grpc && closing(grpc.server)]);
  rest?.beginDrain();
  rest?.server.closeIdleConnections();
  grpc?.beginDrain();
  if (!(await within(closed, drainMs))) {
    const cut = (rest?.inFlight() ?? 0) + (grpc?.inFlight() ?? 0);
    log("warn", `${cut} requests were cut off: they were not done after ${drainMs} ms`);
    rest?.server.closeAllConnections();
    grpc?.destroy();
    await closed;
  }
  // A run that outlives its request keeps its model; the process ends without waiting for it.
  if (!(await within(manager.close(), UNLOAD_MS)))
    log("warn", "a model was still running and was not unloaded");
}

/** Unloading itself takes milliseconds. */
const UNLOAD_MS = 2000;

function closing(server: { close(callback: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

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
