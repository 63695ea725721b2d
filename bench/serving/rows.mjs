// What the tables show of measured windows.
// Not here: taking them (in-turns.mjs).
import { median } from "../print-table.mjs";
import { spread } from "./in-turns.mjs";
import { ENGINE } from "./measure-model.mjs";

/** A load generator that works for more of the time than this is what its figures tell of. */
export const MOST_BUSY = 0.9;

/** One row for each number of clients and way, from measureModel's results. */
export function rowsOf(model, byClients) {
  return Object.entries(byClients).flatMap(([clients, windows]) =>
    Object.entries(windows).map(([way, taken]) => {
      const of = (key) => median(taken.map((window) => window[key]));
      return {
        model,
        clients: Number(clients),
        way,
        "engine's share": share(taken),
        "CPU us": of("cpuUs").toFixed(1),
        "calls/s": of("callsPerSecond").toFixed(0),
        spread: spread(taken).toFixed(2),
        "p50, ms": of("p50Ms").toFixed(3),
        "p99, ms": of("p99Ms").toFixed(3),
        "client's core": of("busy").toFixed(2),
        "held back by": way !== ENGINE && of("busy") > MOST_BUSY ? "load generator" : "",
      };
    }),
  );
}

/** Processor time of a call in the bare loop, beside that of a call in the server's process, window by window. */
function share(taken) {
  return median(taken.map(({ cpuUs, beside }) => beside.cpuUs / cpuUs)).toFixed(3);
}
