// A model of several gigabytes: how fast `show` opens it, what converting it costs beside `cp`, whether TensorFlow runs it.
// Usage: npm run bench -- large [--gigabytes 3] [--pairs 5] [--json]
// Memory of the conversion is shown for a quarter of the size too: it does not grow with the model.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { median, printTable } from "./print-table.mjs";
import { conformance, conformanceFile, measure, measurePairs, torchferry } from "./processes.mjs";

/** Measures and prints the table; a wrong answer of TensorFlow's is an error. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      gigabytes: { type: "string", default: "3" },
      pairs: { type: "string", default: "5" },
      json: { type: "boolean", default: false },
    },
  });
  const sizes = [Number(values.gigabytes) / 4, Number(values.gigabytes)];
  const rows = sizes.flatMap((size) => {
    const model = conformance("bench/models.py", `large_${size}`);
    return sizeRows(`${size} GB`, model, Number(values.pairs));
  });
  printTable(rows, values);
}

function sizeRows(size, model, count) {
  const shown = Array.from({ length: count }, () => measure(() => torchferry("show", model)));
  const convert = (out) => torchferry("convert", model, "--output", out);
  const pairs = measurePairs(convert, (out) => ["cp", model, out], count);
  return [
    row(size, "show", shown),
    {
      ...row(
        size,
        "convert",
        pairs.map((pair) => pair.ours),
      ),
      "of cp": ratioToCopy(pairs),
    },
    row(
      size,
      "cp",
      pairs.map((pair) => pair.peer),
    ),
    { model: size, command: "in TensorFlow", "largest error": errorInTensorFlow(model) },
  ];
}

function row(model, command, costs) {
  return {
    model,
    command,
    "wall time, s": median(costs.map((cost) => cost.wall_s)).toFixed(2),
    "peak memory, MB": (median(costs.map((cost) => cost.peak_rss_bytes)) / 1e6).toFixed(0),
    "of cp": "",
    "largest error": "",
  };
}

function ratioToCopy(pairs) {
  return median(pairs.map((pair) => pair.ours.wall_s / pair.peer.wall_s)).toFixed(2);
}

/** Converts once more and lets TensorFlow answer what PyTorch answered at export. */
function errorInTensorFlow(model) {
  const folder = mkdtempSync(path.join(tmpdir(), "torchferry-bench-"));
  try {
    const [node, ...args] = torchferry("convert", model, "--output", folder);
    execFileSync(node, args, { stdio: ["ignore", "ignore", "inherit"] });
    const python = conformance("environment.py", "tensorflow");
    const script = conformanceFile("bench/run_saved_model.py");
    const command = [script, path.join(folder, "1"), path.join(path.dirname(model), "io.npz")];
    const options = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    return execFileSync(python, command, options).trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
