// What the measured figures must be, beside what they are. A row whose figures were not measured is left out.
// Calls a second are compared where servers are busy; with one client they are waiting for each other's answers.
// Not here: measuring (measure-model.mjs, large-json.mjs).
import { OURS, PARSE } from "./large-json.mjs";
import { ENGINE } from "./measure-model.mjs";
import { GRPC_NAMES, REST_NAMES } from "./peers.mjs";
import { MOST_BUSY } from "./rows.mjs";

/** The least share of the server's processor time that is the engine's, by model and way. */
const SHARES = {
  resnet18: { gRPC: 0.97, "binary REST": 0.97, JSON: 0.85 },
  mobilenet_v3_small: { gRPC: 0.85, "binary REST": 0.85, JSON: 0.35 },
};
const TIMES_REST = 5;
const TIMES_GRPC = 4;
const MOST_ABOVE_ENGINE_MS = 0.3;
const TIMES_JSON_PARSE = 5;
const MOST_GROWN = 2;

/** Rows { what, wanted, measured, holds } from the rows of each part, by its name. */
export function held({ tiny = [], large_json: largeJson = [], ...models }) {
  return [
    ...Object.entries(models).flatMap(([model, rows]) => rows.flatMap((row) => share(model, row))),
    ...tiny
      .filter(({ way, clients }) => way === ENGINE && clients > 1)
      .flatMap(({ clients }) => peers(tiny.filter(of(clients)), clients)),
    ...tiny.filter(of(1)).flatMap((row) => latency(row, tiny.filter(of(1)))),
    ...largeJson.flatMap(large),
  ];
}

function share(model, row) {
  const wanted = SHARES[model]?.[row.way];
  if (wanted === undefined) return [];
  return [
    atLeast(`engine's share, ${model}, ${row.way}, ${row.clients} clients`, wanted, row["engine's share"]),
  ];
}

function peers(rows, clients) {
  return [
    ...times("JSON", REST_NAMES, TIMES_REST, rows, clients),
    ...times("binary REST", REST_NAMES, TIMES_REST, rows, clients),
    ...times("gRPC", GRPC_NAMES, TIMES_GRPC, rows, clients),
  ];
}

function times(way, names, wanted, rows, clients) {
  const ours = rows.find((row) => row.way === way);
  const [best] = rows.filter((row) => names.includes(row.way)).sort((a, b) => b["calls/s"] - a["calls/s"]);
  if (!ours || !best) return [];
  const ratio = ours["calls/s"] / best["calls/s"];
  return [
    atLeast(`calls/s, ${way}, ${clients} clients, beside ${best.way}`, wanted, ratio.toFixed(2)),
    ...[ours, best].map(loadGenerator),
  ];
}

function latency(row, rows) {
  const engine = rows.find(({ way }) => way === ENGINE);
  if (!["gRPC", "binary REST", "JSON"].includes(row.way)) return [];
  const above = (row["p50, ms"] - engine["p50, ms"]).toFixed(3);
  return [atMost(`p50 above the engine's, ${row.way}, 1 client, ms`, MOST_ABOVE_ENGINE_MS, above)];
}

function large(row) {
  if (row.server === OURS)
    return [atMost("grown by 64 images as JSON", MOST_GROWN, row["grown, of the tensor's bytes"])];
  if (row.server !== PARSE) return [];
  return [atLeast(`CPU of 64 images as JSON, ${PARSE}`, TIMES_JSON_PARSE, row["of torchferry's"])];
}

/** Calls a second are a server's only where the load generator could have called more often. */
function loadGenerator({ way, clients, "client's core": busy }) {
  return atMost(`the load generator's share of its core, ${way}, ${clients} clients`, MOST_BUSY, busy);
}

function atLeast(what, wanted, measured) {
  return { what, wanted: `>= ${wanted}`, measured: Number(measured), holds: Number(measured) >= wanted };
}

/** A row of a figure that may be at most so much. */
export function atMost(what, wanted, measured) {
  return { what, wanted: `<= ${wanted}`, measured: Number(measured), holds: Number(measured) <= wanted };
}

function of(clients) {
  return (row) => row.clients === clients;
}
