// Measures whole processes from outside, two commands in turns: CPU time, wall time, peak memory, children included.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { median } from "./print-table.mjs";

const CHECKOUT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The command line as it is installed, with these arguments. */
export function torchferry(...args) {
  return [process.execPath, path.join(CHECKOUT, "dist/cli/start.cjs"), ...args];
}

/** A file of conformance/. */
export function conformanceFile(name) {
  return path.join(CHECKOUT, "conformance", name);
}

/** Runs a script of conformance/ and returns the path it prints. */
export function conformance(script, ...args) {
  const options = { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
  return execFileSync("python3", [conformanceFile(script), ...args], options).trim();
}

/** What one run of a command cost: { wall_s, cpu_s, peak_rss_bytes }. `command` is made from a path to write to. */
export function measure(command) {
  const folder = mkdtempSync(path.join(tmpdir(), "torchferry-bench-"));
  try {
    const script = conformanceFile("bench/measure_process.py");
    const options = { encoding: "utf8", cwd: folder, stdio: ["ignore", "pipe", "inherit"] };
    return JSON.parse(execFileSync("python3", [script, ...command(path.join(folder, "out"))], options));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs two commands in turns, after one run of each that reads them from a cold disk. */
export function measurePairs(ours, peer, count) {
  for (const command of [ours, peer]) measure(command);
  return Array.from({ length: count }, () => ({ ours: measure(ours), peer: measure(peer) }));
}

const FIGURES = {
  "CPU time, s": ["cpu_s", 1],
  "wall time, s": ["wall_s", 1],
  "peak memory, MB": ["peak_rss_bytes", 1e6],
};

/** One row a figure: the medians of both, and the median of the pairs' ratios. */
export function pairRows(model, peer, pairs) {
  return Object.entries(FIGURES).map(([figure, [key, unit]]) => ({
    model,
    figure,
    [`${peer} / torchferry`]: median(pairs.map((pair) => pair.peer[key] / pair.ours[key])).toFixed(1),
    torchferry: (median(pairs.map((pair) => pair.ours[key])) / unit).toFixed(2),
    [peer]: (median(pairs.map((pair) => pair.peer[key])) / unit).toFixed(2),
  }));
}
