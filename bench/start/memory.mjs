// The memory of a server, beside that of a bare process that holds the same session, each measured alone.
// Proportional set size: pages that other processes have mapped too count by their share.
// Source: https://docs.kernel.org/filesystems/proc.html, smaps_rollup.
import { readFileSync } from "node:fs";
import { startOurServer } from "../serving/our-server.mjs";
import { CLIENT_CORE, SERVER_CORE, startModule } from "../serving/pinned-process.mjs";
import { WAYS } from "../serving/requests.mjs";

const CLIENTS = 8;
const MB = 1e6;

/** Megabytes by process, { name, loadedMb, calledMb }: the bare one first, then a server for each way of calling. */
export async function measureMemory(model, calls) {
  const measured = [await measureBare(model, calls)];
  for (const way of Object.keys(WAYS)) measured.push(await measureServer(model, way, calls));
  return measured;
}

async function measureBare({ directory, input }, calls) {
  const { ask, pids, stop } = startModule(SERVER_CORE, "bare-loop.mjs");
  try {
    await ask({ directory, input });
    const loadedMb = setMb(pids);
    await ask({ clients: CLIENTS, calls });
    return { name: "bare session", loadedMb, calledMb: setMb(pids) };
  } finally {
    await stop();
  }
}

async function measureServer(model, way, calls) {
  const { ports, pids, stop } = await startOurServer(model);
  const load = startModule(CLIENT_CORE, "load.mjs");
  try {
    const { transport, port, request } = WAYS[way];
    const sent = request(model.name, model.input, model.json);
    await load.ask({ transport, port: ports[port], request: sent });
    const loadedMb = setMb(pids);
    await load.ask({ clients: CLIENTS, calls });
    return { name: `server, ${way}`, loadedMb, calledMb: setMb(pids) };
  } finally {
    await Promise.all([load.stop(), stop()]);
  }
}

function setMb(pids) {
  const of = (pid) => /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))[1];
  return pids.reduce((sum, pid) => sum + 1024 * Number(of(pid)), 0) / MB;
}
