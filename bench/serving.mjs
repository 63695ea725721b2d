// Server throughput over REST and gRPC, beside a bare loop around the engine and beside a bare HTTP server, in one run.
// Usage: npm run bench -- serving [--batching] [--rounds 3] [--seconds 3] [--json]
// Servers, load generator and bare loop are processes of their own. On two cores the server shares them with the load
// generator, so that ratios are of the whole exchange, client included. Rounds are interleaved, figures are medians.
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { median, printTable } from "./print-table.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CHECKOUT = path.dirname(HERE);
const MAIN = path.join(CHECKOUT, "dist/cli/start.cjs");
const CLIENTS = [1, 8];
const START_TIMEOUT_MS = 30_000;
const execute = promisify(execFile);

// Inputs are float32. The tiny model is a vector's arithmetic; a call costs what the path around it costs.
// Answers: bytes of REST's and of gRPC's, which the bare HTTP server sends too.
const MODELS = [
  { name: "plus_one", input: { key: "x", shape: [1, 3] }, answers: { restBytes: 40, grpcBytes: 60 } },
  {
    name: "resnet18",
    input: { key: "x", shape: [1, 3, 224, 224] },
    answers: { restBytes: 12_000, grpcBytes: 4_060 },
  },
];

// With --batching: 64 clients of one row each, on a server that joins their requests and on one that does not.
const BATCHED = [
  { name: "encoder", input: { key: "src", shape: [1, 9, 192] } },
  { name: "mobilenet_v3_small", input: { key: "x", shape: [1, 3, 224, 224] } },
];
const BATCHING_CLIENTS = 64;
const BATCHING_PARAMETERS = "max_batch_size { value: 32 } max_enqueued_batches { value: 100 }";

/** Measures both models and prints one row for each number of clients and way of calling. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "3" },
      batching: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const folder = mkdtempSync(path.join(tmpdir(), "torchferry-bench-"));
  const rows = [];
  try {
    const exported = execFileSync("python3", [path.join(CHECKOUT, "conformance/exported.py")], {
      encoding: "utf8",
    }).trim();
    for (const model of values.batching ? BATCHED : MODELS) {
      const base = path.join(folder, model.name);
      execFileSync(process.execPath, [
        MAIN,
        "convert",
        path.join(exported, model.name, "model.pt2"),
        "--output",
        base,
      ]);
      const measure = values.batching ? measureBatching : measureModel;
      rows.push(...(await measure(model, base, Number(values.rounds), Number(values.seconds))));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  printTable(rows, values);
}

/** One model: both servers stay up, the bare loop takes turns with the load generators. */
async function measureModel(model, base, rounds, seconds) {
  const server = await startServer(model.name, base);
  const echo = await startEcho(model.answers);
  const rows = [];
  try {
    for (const clients of CLIENTS) {
      const work = { model: model.name, clients, seconds, input: model.input };
      const ways = {
        engine: () => child("serving-bare.mjs", { ...work, directory: path.join(base, "1") }),
        "HTTP/2 alone": () => child("serving-calls.mjs", { ...work, protocol: "grpc", port: echo.grpcPort }),
        gRPC: () => child("serving-calls.mjs", { ...work, protocol: "grpc", port: server.grpcPort }),
        "HTTP/1.1 alone": () =>
          child("serving-calls.mjs", { ...work, protocol: "rest", port: echo.restPort }),
        REST: () => child("serving-calls.mjs", { ...work, protocol: "rest", port: server.restPort }),
      };
      const results = await inTurns(ways, rounds);
      for (const way of Object.keys(ways)) rows.push(row(model.name, clients, way, results));
    }
  } finally {
    server.process.kill("SIGTERM");
    echo.process.kill("SIGTERM");
  }
  return rows;
}

/** One model, whose requests run alone on one server and together on another. */
async function measureBatching(model, base, rounds, seconds) {
  const parameters = path.join(base, "batching.config");
  writeFileSync(parameters, BATCHING_PARAMETERS);
  const alone = await startServer(model.name, base);
  const joined = await startServer(
    model.name,
    base,
    "--enable_batching",
    "--batching_parameters_file",
    parameters,
  );
  try {
    const ways = Object.fromEntries(
      Object.entries({ "gRPC, each alone": ["grpc", alone], "gRPC, joined": ["grpc", joined] }).map(
        ([way, [protocol, server]]) => {
          const work = { model: model.name, clients: BATCHING_CLIENTS, seconds, input: model.input };
          return [way, () => child("serving-calls.mjs", { ...work, protocol, port: server.grpcPort })];
        },
      ),
    );
    const results = await inTurns(ways, rounds);
    return Object.keys(ways).map((way) => {
      const of = (key) => median(results[way].map((result) => result[key]));
      const others = results["gRPC, each alone"];
      const ratio = median(
        results[way].map(({ callsPerSecond }, i) => callsPerSecond / others[i].callsPerSecond),
      );
      return {
        model: model.name,
        clients: BATCHING_CLIENTS,
        way,
        "of each alone": ratio.toFixed(2),
        "calls/s": of("callsPerSecond").toFixed(0),
        "p50, ms": of("p50Ms").toFixed(2),
        "p99, ms": of("p99Ms").toFixed(2),
      };
    });
  } finally {
    alone.process.kill("SIGTERM");
    joined.process.kill("SIGTERM");
  }
}

/** Runs every way once a round; returns the results of each way, round by round. */
async function inTurns(ways, rounds) {
  const results = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [way, measure] of Object.entries(ways)) results[way].push(await measure());
  }
  return results;
}

/** Medians, with the ratios to the engine's own calls a second and to the bare server's, round by round. */
function row(model, clients, way, results) {
  const bare = { gRPC: "HTTP/2 alone", REST: "HTTP/1.1 alone" }[way];
  const of = (key) => median(results[way].map((result) => result[key]));
  const ratio = (other) =>
    median(results[way].map((result, i) => result.callsPerSecond / results[other][i].callsPerSecond)).toFixed(
      2,
    );
  return {
    model,
    clients,
    way,
    "of the engine": ratio("engine"),
    "of bare HTTP": bare ? ratio(bare) : "",
    "calls/s": of("callsPerSecond").toFixed(0),
    "p50, ms": of("p50Ms").toFixed(2),
    "p99, ms": of("p99Ms").toFixed(2),
  };
}

/** Runs a script with its work as JSON and returns the JSON it prints. */
async function child(script, work) {
  const { stdout } = await execute(process.execPath, [path.join(HERE, script), JSON.stringify(work)]);
  return JSON.parse(stdout);
}

/** Starts the bare HTTP server. */
async function startEcho(answers) {
  const stdio = ["ignore", "pipe", "inherit"];
  const echo = spawn(process.execPath, [path.join(HERE, "serving-echo.mjs"), JSON.stringify(answers)], {
    stdio,
  });
  const [line] = await once(echo.stdout, "data");
  return { process: echo, ...JSON.parse(line) };
}

/** Starts `torchferry serve` and waits until the model is available. */
async function startServer(name, base, ...flags) {
  const [grpcPort, restPort] = [await freePort(), await freePort()];
  const ports = ["--port", grpcPort, "--rest_api_port", restPort];
  const args = [MAIN, "serve", "--model_name", name, "--model_base_path", base, ...ports, ...flags].map(
    String,
  );
  const server = spawn(process.execPath, args, { stdio: "ignore" });
  const until = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < until && server.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${restPort}/v1/models/${name}`).catch(() => undefined);
    if (answer?.ok && (await answer.text()).includes("AVAILABLE"))
      return { process: server, grpcPort, restPort };
    await sleep(50);
  }
  server.kill();
  throw new Error(`the server of ${name} did not become available`);
}

/** A port that was free a moment ago. */
async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
