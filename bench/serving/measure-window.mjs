// One window of a closed loop: callers that each call again as soon as they are answered.
// A window begins and ends with an answer, so that the calls in it and the processor time read at both ends belong
// together. It begins when the warm-up is over and every caller has been answered once.
// Not here: what a call is (http1-connection.mjs, http2-connection.mjs, bare-loop.mjs).
import { cpuTimeNs } from "./cpu-time.mjs";

/**
 * Runs callers, functions of a callback `(error?) => void`, until the window is over and all of them have rested.
 * `pids` are the processes whose processor time is read. Rejects with the first error of a call.
 */
export function measureWindow(callers, { warmUpMs, windowMs, pids }) {
  const { promise, resolve, reject } = deferred();
  const waiting = new Set(callers.keys());
  const latencies = [];
  const warmUntil = performance.now() + warmUpMs;
  let resting = 0;
  let begin;
  let end;
  const answered = (caller, began) => {
    const now = performance.now();
    if (end) {
      resting += 1;
      if (resting === callers.length) resolve(figures(begin, end, latencies));
      return false;
    }
    if (begin) {
      latencies.push(now - began);
      if (now - begin.at < windowMs) return true;
      end = reading(pids);
      return answered(caller, began);
    }
    waiting.delete(caller);
    if (waiting.size === 0 && now >= warmUntil) begin = reading(pids);
    return true;
  };
  for (const [index, call] of callers.entries()) {
    const again = () => {
      const began = performance.now();
      call((error) => {
        if (error) reject(error);
        else if (answered(index, began)) again();
      });
    };
    again();
  }
  return promise;
}

/** The clock and what the measured processes and this one have used so far. */
function reading(pids) {
  return { at: performance.now(), cpuNs: cpuTimeNs(pids), own: process.cpuUsage() };
}

/** `cpuUs` is that of the measured processes for one call, `busy` the share of the time that this process worked. */
function figures(begin, end, latencies) {
  const ms = end.at - begin.at;
  const sorted = Float64Array.from(latencies).sort();
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)];
  const own = (end.own.user - begin.own.user + end.own.system - begin.own.system) / 1000;
  return {
    callsPerSecond: (sorted.length / ms) * 1000,
    cpuUs: (end.cpuNs - begin.cpuNs) / 1000 / sorted.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    busy: own / ms,
  };
}

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
