// Serving, beside a bare loop around the engine and beside other servers of the same model, in one run.
// Usage: npm run bench -- serving [--only tiny,resnet18,...] [--peers all | none | fastapi,...] [--clients 1,8,64]
//        [--ways gRPC,JSON,...] [--rounds 3] [--batching] [--json]
// The server has one core with one thread in the engine, its load generator the other core; each client has a connection
// of its own and calls again when it is answered. Progress goes to stderr.
// Not here: what stands beside (serving/peers.mjs), how a window is measured (serving/measure-window.mjs).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { printTable } from "./print-table.mjs";
import { startJoining } from "./serving/joining-server.mjs";
import { measureModel } from "./serving/measure-model.mjs";
import { prepareModel } from "./serving/models.mjs";
import { NOTHING } from "./serving/nothing-server.mjs";
import { startersOf } from "./serving/peers.mjs";
import { PINNED } from "./serving/pinned-process.mjs";
import { WAYS } from "./serving/requests.mjs";
import { rowsOf } from "./serving/rows.mjs";

const PARTS = ["tiny", "mobilenet_v3_small", "resnet18"];
/** With --batching: one row a request, beside a server that runs requests together. */
const BATCHED = ["encoder", "mobilenet_v3_small"];

/** Measures each model and prints one row for each number of clients and way of calling. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: "string", default: PARTS.join(",") },
      peers: { type: "string", default: "all" },
      clients: { type: "string", default: "1,8,64" },
      ways: { type: "string", default: Object.keys(WAYS).join(",") },
      rounds: { type: "string", default: "3" },
      batching: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const began = performance.now();
  const tell = (line) =>
    console.error(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  if (!PINNED) tell("processes are not kept on cores of their own: no taskset, or one core");
  const plan = {
    clients: values.clients.split(",").map(Number),
    rounds: Number(values.rounds),
    ways: values.ways.split(","),
    tell,
  };
  const folder = mkdtempSync(path.join(tmpdir(), "torchferry-bench-"));
  const rows = [];
  try {
    for (const name of values.batching ? BATCHED : []) {
      const others = [(model) => startJoining(model, folder)];
      const only = { clients: [64], ways: ["gRPC"], others };
      rows.push(...rowsOf(name, await measureModel(prepareModel(name, folder), { ...plan, ...only })));
    }
    for (const name of values.batching ? [] : values.only.split(",")) {
      const model = prepareModel(name, folder);
      // Only the tiny model shows what a server costs; with the others the engine's time hides it.
      const others = name === "tiny" ? [...NOTHING, ...startersOf(values.peers)] : [];
      rows.push(...rowsOf(name, await measureModel(model, { ...plan, others })));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  printTable(rows, values);
}
