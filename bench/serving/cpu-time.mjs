// The processor time that processes have used, user and system together, as Linux counts it in nanoseconds.
// Source: https://docs.kernel.org/scheduler/sched-stats.html, "/proc/<pid>/schedstat", one such file a thread.
// Invariant: what is compared is read by the same function, from outside, for a server as for a bare loop.
// Threads that ended are not counted: servers are measured when all their threads are there.
import { readdirSync, readFileSync } from "node:fs";

/** Nanoseconds of all threads of these processes. Throws when one of them has ended. */
export function cpuTimeNs(pids) {
  return pids.reduce((sum, pid) => sum + processTimeNs(pid), 0);
}

/** The processes of a group, whose number is that of its first. */
export function groupPids(group) {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && groupOf(name) === group);
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

/** The process group of a process; undefined when it has ended. */
function groupOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The second field is the program's name in brackets, which may hold anything: count from its end.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
  } catch {
    return undefined;
  }
}
