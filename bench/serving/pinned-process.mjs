// Processes that are kept on one core each: what is measured on the first, what measures it on the second.
// Where there is no `taskset` (not Linux) or no second core they run anywhere; PINNED says so.
// Not here: which processes there are (our-server.mjs, peers.mjs).
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;
export const PINNED = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

const READY_POLL_MS = 50;
const START_TIMEOUT_MS = 120_000;

/** Groups that are not stopped yet. They do not hear what a terminal sends to this process's own group. */
const running = new Set();
process.once("exit", () => {
  for (const group of running) signalGroup(group, "SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** Starts a command on a core, in a process group of its own, which `stop` ends as a whole. */
export function spawnOn(core, command, options) {
  const [program, ...args] = PINNED ? ["taskset", "-c", String(core), ...command] : command;
  const child = spawn(program, args, { detached: true, ...options });
  const ended = once(child, "exit").catch(() => undefined);
  running.add(child.pid);
  return {
    child,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) signalGroup(child.pid, "SIGTERM");
      const late = setTimeout(() => signalGroup(child.pid, "SIGKILL"), 5000);
      await ended;
      clearTimeout(late);
      signalGroup(child.pid, "SIGKILL"); // what the first process of the group left behind
      running.delete(child.pid);
    },
  };
}

/** A module of this folder in a process of its own, asked by `ask(message)`; see answerRequests. */
export function startModule(core, name) {
  const module = fileURLToPath(new URL(name, import.meta.url));
  const options = { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" };
  const { child, stop } = spawnOn(core, [process.execPath, module], options);
  return { stop, pids: [child.pid], ask: asking(child, name) };
}

/** A function that sends a message to a process with a channel, and resolves to the result in its answer. */
export function asking(child, name) {
  // One for all messages: one for each would add up.
  const ended = once(child, "exit").catch(() => []);
  return async (message) => {
    child.send(message);
    const [reply] = await Promise.race([once(child, "message"), ended]);
    if (typeof reply !== "object" || reply === null) throw new Error(`${name} ended`);
    if (reply.error) throw new Error(`${name}: ${reply.error}`);
    return reply.result;
  };
}

/** The other side of `ask`: one message, one answer. */
export function answerRequests(answer) {
  process.on("message", async (message) => {
    try {
      process.send({ result: await answer(message) });
    } catch (error) {
      process.send({ error: error.message });
    }
  });
  process.on("disconnect", () => process.exit());
}

/** Waits until `isReady()` is true. Throws when the process ends before, or after a time. */
export async function becomesReady(name, child, isReady) {
  const until = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < until && child.exitCode === null) {
    if (await isReady().catch(() => false)) return;
    await sleep(READY_POLL_MS);
  }
  throw new Error(`${name} did not become ready`);
}

/** Ports that were free a moment ago. */
export async function freePorts(count) {
  const probes = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(probes.map((probe) => once(probe, "listening")));
  const ports = probes.map((probe) => probe.address().port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
