// The processor time that processes have used, user and system together, as Linux counts it in nanoseconds.
// Source: https://docs.kernel.org/scheduler/sched-stats.html, "/proc/<pid>/schedstat", one such file a thread.
// Invariant: what is compared is read by the same function, from outside, for a server as for a bare loop.
// Threads that ended are not counted: servers are measured when all their threads are there.
import { readdirSync, readFileSync } from "node:fs";

/** Nanoseconds of all threads of these processes. Throws when one of them has ended. */
export function cpuTimeNs(pids) {
  return pids.reduce((sum, pid) => sum + processTimeNs(pid), 0);
}

/** A process and all that it started, and they. */
export function familyPids(pid) {
  const parents = new Map(
    readdirSync("/proc")
      .filter(isNumber)
      .map((name) => [Number(name), parentOf(name)]),
  );
  const family = new Set([pid]);
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child);
  }
  return [...family];
}

function processTimeNs(pid) {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce((sum, task) => sum + threadTimeNs(`${tasks}/${task}/schedstat`), 0);
}

function threadTimeNs(file) {
  try {
    return Number(readFileSync(file, "latin1").split(" ", 1)[0]);
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH") return 0; // a thread that has just ended
    throw error;
  }
}

/** The process that started this one; undefined when it has ended. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in brackets, which may hold anything: count from its end.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

function isNumber(name) {
  return /^\d+$/.test(name);
}
