// Serving, beside a bare loop around the engine and beside other servers of the same model, in one run.
// Usage: npm run bench -- serving [--only tiny,mobilenet_v3_small,resnet18,large_json,batching] [--peers all | none | NAME+NAME]
//        [--clients 1,8,64] [--ways gRPC,JSON,...] [--rounds 3] [--json | --markdown]
// The server has one core with one thread in the engine, its load generator the other core; each client has a connection
// of its own and calls again when it is answered. Progress goes to stderr.
// Not here: what stands beside (serving/peers.mjs), how a window is measured (serving/measure-window.mjs).
import { parseArgs } from "node:util";
import { printTables } from "./print-table.mjs";
import { docsTables } from "./serving/docs-tables.mjs";
import { held } from "./serving/held.mjs";
import { startJoining } from "./serving/joining-server.mjs";
import { measureLargeJson } from "./serving/large-json.mjs";
import { measureModel } from "./serving/measure-model.mjs";
import { prepareModel } from "./serving/models.mjs";
import { NOTHING } from "./serving/nothing-server.mjs";
import { startersOf } from "./serving/peers.mjs";
import { PINNED } from "./serving/pinned-process.mjs";
import { WAYS } from "./serving/requests.mjs";
import { rowsOf } from "./serving/rows.mjs";
import { temporaryFolder } from "./temporary-folder.mjs";

/** What is measured by default; `batching` compares servers of ours alone. */
const PARTS = ["tiny", "mobilenet_v3_small", "resnet18", "large_json"];
/** One row a request, beside a server that runs requests together. */
const BATCHED = ["encoder", "mobilenet_v3_small"];
const BATCHED_CLIENTS = 64;

/** Measures each part and prints a row for each number of clients and way of calling, and what must hold. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: "string", default: PARTS.join(",") },
      peers: { type: "string", default: "all" },
      clients: { type: "string", default: "1,8,64" },
      ways: { type: "string", default: Object.keys(WAYS).join(",") },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
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
    peers: startersOf(values.peers),
    tell,
  };
  const folder = temporaryFolder();
  const parts = values.only.split(",");
  const results = {};
  for (const part of parts) results[part] = await measurePart(part, folder, plan);
  const { large_json: largeJson = [], ...models } = results;
  const tables = values.markdown ? docsTables(models) : { serving: Object.values(models).flat() };
  printTables({ ...tables, "64 images as JSON": largeJson, "what must hold": held(results) }, values);
}

/** The rows of a part. */
async function measurePart(part, folder, plan) {
  if (part === "large_json") return measureLargeJson(folder, plan.rounds, plan.tell);
  if (part === "batching") return measureBatching(folder, plan);
  // Only the tiny model shows what a server costs; with the others the engine's time hides it.
  const others = part === "tiny" ? [...NOTHING, ...plan.peers] : [];
  return rowsOf(part, await measureModel(prepareModel(part, folder), { ...plan, others }));
}

async function measureBatching(folder, plan) {
  const rows = [];
  for (const name of BATCHED) {
    const others = [(model) => startJoining(model, folder)];
    const only = { clients: [BATCHED_CLIENTS], ways: ["gRPC"], others };
    rows.push(...rowsOf(name, await measureModel(prepareModel(name, folder), { ...plan, ...only })));
  }
  return rows;
}
