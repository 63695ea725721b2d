// Ways to run onnxruntime from Node, measured side by side: the record behind docs/engines.md.
// Rounds are interleaved, so that what else the machine does falls on all ways alike; the table has medians, and ratios
// to the first way. `npm run bench -- engines [--rounds 3] [--seconds 1]`.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MODELS } from "./engines/models.mjs";

const WAY_NAMES = [
  "engine (as built)",
  "engine, never on the loop",
  "C API, on the loop",
  "C API, libuv's pool",
  "C API, RunAsync",
  "C API, workers, one session",
  "onnxruntime-node, workers",
  "onnxruntime-node, on the loop",
];
const LOADED_WAYS = ["engine (as built)", "onnxruntime-node, workers", "onnxruntime-node, on the loop"];
/** A measurement that takes longer hangs. */
const LONGEST_MS = 120_000;
const CALLS_IN_FLIGHT = [1, 8];

const measureScript = fileURLToPath(new URL("engines/measure.mjs", import.meta.url));

export async function run(args) {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: "string", default: "3" }, seconds: { type: "string", default: "1" } },
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-bench-"));
  try {
    for (const name of Object.keys(MODELS)) fs.writeFileSync(fileOf(folder, name), MODELS[name].model());
    console.log(`${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}`);
    for (const model of Object.keys(MODELS)) {
      for (const inFlight of CALLS_IN_FLIGHT) compareCalls(folder, model, inFlight, values);
    }
    compareLoads(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function compareCalls(folder, model, inFlight, { rounds, seconds }) {
  const samples = new Map(WAY_NAMES.map((way) => [way, []]));
  for (let round = 0; round < Number(rounds); round += 1) {
    for (const [way, taken] of samples) {
      taken.push(measure(["calls", way, model, fileOf(folder, model), String(inFlight), seconds]));
    }
  }
  const first = medianOf(samples.get(WAY_NAMES[0]));
  console.log(`\n${model}, ${inFlight} in flight`);
  printRow("", [
    "p50 us",
    "p99 us",
    "calls/s",
    "cpu us",
    "loop p99 ms",
    "loop max ms",
    "rss MB",
    "p50 x",
    "cpu x",
  ]);
  for (const [way, taken] of samples) {
    const { p50Us, p99Us, callsPerSecond, cpuUs, delayP99Ms, delayMaxMs, rssMb } = medianOf(taken);
    printRow(way, [
      p50Us.toFixed(0),
      p99Us.toFixed(0),
      callsPerSecond.toFixed(callsPerSecond < 100 ? 1 : 0),
      cpuUs.toFixed(0),
      delayP99Ms.toFixed(1),
      delayMaxMs.toFixed(1),
      rssMb.toFixed(0),
      (p50Us / first.p50Us).toFixed(2),
      (cpuUs / first.cpuUs).toFixed(2),
    ]);
  }
}

function compareLoads(folder) {
  console.log("\ncnn100, loaded, run once and closed: memory of rounds 1 to 10 and 51 to 60");
  printRow("", ["load ms", "rss MB", "grown MB"]);
  for (const way of LOADED_WAYS) {
    const { loadMs, rssMb, grownMb } = measure(["loads", way, "cnn100", fileOf(folder, "cnn100")]);
    printRow(way, [loadMs.toFixed(0), rssMb.toFixed(0), grownMb.toFixed(1)]);
  }
}

function measure(args) {
  return JSON.parse(
    execFileSync(process.execPath, [measureScript, ...args], { encoding: "utf8", timeout: LONGEST_MS }),
  );
}

/** The median of each figure. */
function medianOf(samples) {
  return Object.fromEntries(
    Object.keys(samples[0]).map((figure) => {
      const sorted = samples.map((sample) => sample[figure]).sort((a, b) => a - b);
      return [figure, sorted[Math.floor(sorted.length / 2)]];
    }),
  );
}

function printRow(title, cells) {
  console.log(title.padEnd(31) + cells.map((cell) => cell.padStart(12)).join(""));
}

function fileOf(folder, model) {
  return path.join(folder, `${model}.onnx`);
}
