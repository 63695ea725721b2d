// Whole-process conversion of resnet18.onnx by torchferry and by onnx2tf (up to its SavedModel), in interleaved pairs.
// Usage: npm run bench -- conversion [--pairs 5] [--model FILE] [--json]
// Both are measured from outside, processes included: CPU time, wall time, peak memory. The ratio is of each pair.
// onnx2tf's environment and the model are set up by conformance/ the first time.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median, printTable } from "./print-table.mjs";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CHECKOUT = path.dirname(HERE);

/** Runs the pairs and prints the table. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      pairs: { type: "string", default: "5" },
      model: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const model = values.model ?? path.join(conformance("exported.py"), "resnet18", "model.onnx");
  const python = conformance("environment.py", "onnx2tf");
  const commands = {
    torchferry: (out) => [
      process.execPath,
      path.join(CHECKOUT, "dist/cli/start.cjs"),
      "convert",
      model,
      "--output",
      out,
    ],
    onnx2tf: (out) => [python, path.join(HERE, "onnx2tf-saved-model.py"), "-i", model, "-o", out, "-n"],
  };
  for (const command of Object.values(commands)) measure(command); // the first run reads both from a cold disk
  const pairs = Array.from({ length: Number(values.pairs) }, () => ({
    torchferry: measure(commands.torchferry),
    onnx2tf: measure(commands.onnx2tf),
  }));
  printTable(rows(pairs), values);
}

/** Runs a script of conformance/ and returns the path it prints. */
function conformance(script, ...args) {
  const options = { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
  return execFileSync("python3", [path.join(CHECKOUT, "conformance", script), ...args], options).trim();
}

/** What one run of a command cost: { wall_s, cpu_s, peak_rss_bytes }. */
function measure(command) {
  const folder = mkdtempSync(path.join(tmpdir(), "torchferry-bench-"));
  try {
    const script = path.join(HERE, "measure-process.py");
    const options = { encoding: "utf8", cwd: folder, stdio: ["ignore", "pipe", "inherit"] };
    return JSON.parse(execFileSync("python3", [script, ...command(path.join(folder, "out"))], options));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One row a figure: the medians of both, and the median of the pairs' ratios. */
function rows(pairs) {
  const figures = {
    "CPU time, s": ["cpu_s", 1],
    "wall time, s": ["wall_s", 1],
    "peak memory, MB": ["peak_rss_bytes", 1e6],
  };
  return Object.entries(figures).map(([figure, [key, unit]]) => ({
    figure,
    torchferry: (median(pairs.map((pair) => pair.torchferry[key])) / unit).toFixed(2),
    onnx2tf: (median(pairs.map((pair) => pair.onnx2tf[key])) / unit).toFixed(2),
    "onnx2tf / torchferry": median(pairs.map((pair) => pair.onnx2tf[key] / pair.torchferry[key])).toFixed(1),
  }));
}
