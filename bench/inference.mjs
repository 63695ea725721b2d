// The converted model's own speed: its SavedModel in TensorFlow beside onnx2tf's and beside the network as Keras has it,
// its model.onnx in onnxruntime beside the one that torch.onnx writes. CPU time of one thread, medians of rounds in turns.
// Usage: npm run bench -- inference [--networks resnet50,vit_b_16] [--batches 1,8] [--rounds 15] [--json]
// Weights are random; the networks and other tools' forms of them are made by conformance/bench/networks.py, once.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { median, printTable } from "./print-table.mjs";
import { conformance, conformanceFile, torchferry } from "./processes.mjs";

const NETWORKS = ["resnet50", "mobilenet_v3_large", "convnext_tiny", "vit_b_16"];

/** Runs every network and prints the table. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      networks: { type: "string", default: NETWORKS.join(",") },
      batches: { type: "string", default: "1,8" },
      rounds: { type: "string", default: "15" },
      json: { type: "boolean", default: false },
    },
  });
  const rows = values.networks.split(",").flatMap((name) => networkRows(name, values));
  printTable(rows, values);
}

function networkRows(name, { batches, rounds }) {
  const forms = conformance("bench/networks.py", name);
  const folder = mkdtempSync(path.join(tmpdir(), "torchferry-bench-"));
  try {
    const [node, ...args] = torchferry("convert", path.join(forms, "model.pt2"), "--output", folder);
    execFileSync(node, args, { stdio: ["ignore", "ignore", "inherit"] });
    const peers = ["keras", "onnx2tf"].filter((peer) => existsSync(path.join(forms, peer)));
    const saved = [`ours=${folder}/1`, ...peers.map((peer) => `${peer}=${forms}/${peer}`)];
    const onnx = [`ours=${folder}/1/model.onnx`, `torch.onnx=${forms}/torch-onnx/model.onnx`];
    return batches
      .split(",")
      .flatMap((batch) => [
        row(name, batch, "TensorFlow", timed("saved_model", rounds, batch, saved)),
        row(name, batch, "onnxruntime", timed("onnx", rounds, batch, onnx)),
      ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Seconds by form and round. */
function timed(kind, rounds, batch, models) {
  const python = conformance("environment.py", "tensorflow");
  const command = [conformanceFile("bench/time_models.py"), kind, rounds, batch, ...models];
  const env = { ...process.env, OMP_NUM_THREADS: "1", TF_CPP_MIN_LOG_LEVEL: "3" };
  const stdio = ["ignore", "pipe", "ignore"];
  return JSON.parse(execFileSync(python, command, { encoding: "utf8", env, stdio, maxBuffer: 2 ** 24 }));
}

/** The better peer is the one with the least median; the ratio is the median of the rounds' ratios to it. */
function row(network, batch, engine, { ours, ...peers }) {
  const milliseconds = (seconds) => (seconds ? (1000 * median(seconds)).toFixed(1) : "");
  const [best] = Object.entries(peers).toSorted(([, a], [, b]) => median(a) - median(b));
  const [bestName, bestTimes] = best;
  return {
    network,
    batch,
    engine,
    "ours / best": median(ours.map((time, round) => time / bestTimes[round])).toFixed(2),
    best: bestName,
    "ours, ms": milliseconds(ours),
    "Keras, ms": milliseconds(peers.keras),
    "onnx2tf, ms": milliseconds(peers.onnx2tf),
    "torch.onnx, ms": milliseconds(peers["torch.onnx"]),
  };
}
