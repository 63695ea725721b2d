// What `--workers` gives: the same model and clients on servers with 1, 2, ... of them, all on all cores.
// Usage: npm run bench -- workers [--only tiny,resnet18] [--workers 1,2] [--clients 8,64] [--ways gRPC,JSON]
//        [--rounds 3] [--batching] [--json]
// The load generator has the same cores, so that on two of them calls a second say little; processor time says what
// would be left for more. `loop` is the share of the server's processor time that its busiest thread had: beyond
// 1 / `loop` cores, more cores do not help. Memory is proportional (PSS), with every model loaded and asked.
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { median, printTable } from "./print-table.mjs";
import { inTurns } from "./serving/in-turns.mjs";
import { batchingFlags } from "./serving/joining-server.mjs";
import { prepareModel } from "./serving/models.mjs";
import { startOurServer } from "./serving/our-server.mjs";
import { startModule } from "./serving/pinned-process.mjs";
import { WAYS } from "./serving/requests.mjs";
import { temporaryFolder } from "./temporary-folder.mjs";

const ALL_CORES = `0-${availableParallelism() - 1}`;
const WARM_UP_MS = 500;

/** Measures each model and prints one row for each way, number of clients and number of workers. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: "string", default: "tiny,resnet18" },
      workers: { type: "string", default: "1,2" },
      clients: { type: "string", default: "8,64" },
      ways: { type: "string", default: "gRPC,JSON" },
      rounds: { type: "string", default: "3" },
      batching: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const folder = temporaryFolder();
  const rows = [];
  const flags = values.batching ? batchingFlags(folder) : [];
  for (const name of values.only.split(",")) {
    rows.push(...(await measureModel(prepareModel(name, folder), { ...values, flags })));
  }
  printTable(rows, values);
}

/** Servers with each number of workers stay up and take turns, so that what else the machine does falls on all of them. */
async function measureModel(model, { workers, ways, clients, rounds, flags }) {
  const servers = [];
  try {
    for (const count of workers.split(",")) {
      const wanted = { cores: ALL_CORES, flags: ["--workers", count, ...flags] };
      servers.push({ count, ...(await startOurServer(model, wanted)) });
    }
    const rows = [];
    for (const way of ways.split(",")) {
      for (const number of clients.split(",")) {
        const results = await measureWay(model, way, Number(number), servers, Number(rounds));
        rows.push(...servers.map((server) => row(model, way, number, server, results[server.count])));
      }
    }
    return rows;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function measureWay(model, way, clients, servers, rounds) {
  const { transport, port, request } = WAYS[way];
  const sent = request(model.name, model.input, model.json);
  const loads = await Promise.all(
    servers.map(async ({ ports }) => {
      const load = startModule(ALL_CORES, "load.mjs");
      await load.ask({ transport, port: ports[port], request: sent });
      return load;
    }),
  );
  try {
    const measures = servers.map(({ count, pids }, at) => [
      count,
      async () => {
        const before = threadTimes(pids);
        const work = { clients, warmUpMs: WARM_UP_MS, windowMs: model.seconds * 1000, pids };
        const figures = await loads[at].ask(work);
        return { ...figures, loop: busiestShare(before, threadTimes(pids)), pssMB: pssMB(pids) };
      },
    ]);
    // Each worker has its own compiled code.
    const warm = { clients, warmUpMs: 0, windowMs: WARM_UP_MS * 8 };
    for (const [at, { pids }] of servers.entries()) await loads[at].ask({ ...warm, pids });
    return await inTurns(Object.fromEntries(measures), rounds);
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
  }
}

function row(model, way, clients, { count }, windows) {
  const of = (key) => median(windows.map((window) => window[key]));
  return {
    model: model.name,
    way,
    clients,
    workers: count,
    "calls/s": of("callsPerSecond").toFixed(0),
    "CPU us/call": of("cpuUs").toFixed(0),
    loop: of("loop").toFixed(2),
    "p50, ms": of("p50Ms").toFixed(2),
    "p99, ms": of("p99Ms").toFixed(2),
    "memory, MB": of("pssMB").toFixed(0),
  };
}

/** Nanoseconds of every thread of these processes. */
function threadTimes(pids) {
  return new Map(
    pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).map((task) => [
        task,
        Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ", 1)[0]),
      ]),
    ),
  );
}

function busiestShare(before, after) {
  const used = [...after].map(([task, ns]) => ns - (before.get(task) ?? 0));
  return Math.max(...used) / used.reduce((sum, ns) => sum + ns, 0);
}

function pssMB(pids) {
  const kilobytes = pids.map((pid) => {
    const [, text] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"));
    return Number(text);
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1000;
}
