// Ends the process when one case does not: a loop without end cannot be interrupted from its own thread.
import { Worker } from "node:worker_threads";

/** No case may take longer; the slowest of a hundred thousand takes a few hundred milliseconds. */
const MAX_CASE_SECONDS = 30;

const CODE = `
  const { workerData } = require("node:worker_threads");
  const counter = new Int32Array(workerData.shared);
  let seen = -1;
  setInterval(() => {
    const now = Atomics.load(counter, 0);
    if (now === seen) {
      process._rawDebug("a case of " + workerData.target + " ran longer than ${MAX_CASE_SECONDS} s: number " + now);
      process.kill(process.pid, "SIGKILL");
    }
    seen = now;
  }, ${MAX_CASE_SECONDS * 1000});
`;

export interface Watchdog {
  /** Says that a case begins. */
  begin(): void;
  stop(): Promise<number>;
}

export function watch(target: string): Watchdog {
  const shared = new SharedArrayBuffer(4);
  const counter = new Int32Array(shared);
  const worker = new Worker(CODE, { eval: true, workerData: { shared, target } });
  return { begin: () => Atomics.add(counter, 0, 1), stop: () => worker.terminate() };
}
