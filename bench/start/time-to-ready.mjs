// The time from spawning a process to what it is started for, and the processor time until then.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { torchferry } from "../processes.mjs";
import { cpuTimeNs } from "../serving/cpu-time.mjs";
import { freePorts } from "../serving/pinned-process.mjs";

/** How often it is asked: an answer may be late by as much. */
const POLL_MS = 2;
const LONGEST_MS = 30_000;

/** `node -e ''`, whose time is in every start: { wallMs }. */
export function measureBareStart() {
  const began = performance.now();
  spawnSync(process.execPath, ["-e", ""]);
  return { wallMs: performance.now() - began };
}

/** Serves `base` and sends `request` once it is ready: { readyMs, cpuMs (until ready), answeredMs }. */
export async function measureStart(base, request) {
  const [port] = await freePorts(1);
  const args = [
    "serve",
    "--model_name",
    "digits",
    "--model_base_path",
    base,
    "--port",
    0,
    "--rest_api_port",
    port,
  ];
  const [program, ...rest] = torchferry(...args.map(String));
  const began = performance.now();
  const server = spawn(program, rest, { stdio: "ignore" });
  const ended = once(server, "exit");
  try {
    await isReady(`http://127.0.0.1:${port}/readyz`, began + LONGEST_MS);
    const readyMs = performance.now() - began;
    const cpuMs = cpuTimeNs([server.pid]) / 1e6;
    const address = `http://127.0.0.1:${port}/v1/models/digits:predict`;
    const answer = await fetch(address, { method: "POST", body: request });
    const { predictions } = await answer.json();
    if (!Array.isArray(predictions)) throw new Error(`no predictions: ${answer.status}`);
    return { readyMs, cpuMs, answeredMs: performance.now() - began };
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
}

async function isReady(address, until) {
  while (performance.now() < until) {
    const status = await fetch(address).then(
      (answer) => answer.arrayBuffer().then(() => answer.status),
      () => undefined, // the port is not open yet
    );
    if (status === 200) return;
    await sleep(POLL_MS);
  }
  throw new Error("the server did not become ready");
}
