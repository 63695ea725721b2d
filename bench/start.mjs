// From the start of a process to a served model, and what a server's memory holds besides the engine's.
// Usage: npm run bench -- start [--only start,memory] [--rounds 15] [--calls 200] [--json | --markdown]
// Start: `torchferry serve` of the digits model until GET /readyz answers 200, and until the first Predict sent then is
// answered, in turns with `node -e ''`. Memory: a server with resnet18, beside a bare process with the same session.
import { execFileSync } from "node:child_process";
import path from "node:path";
import { parseArgs } from "node:util";
import { median, printTables } from "./print-table.mjs";
import { torchferry } from "./processes.mjs";
import { atMost } from "./serving/held.mjs";
import { asPythonWritesIt, prepareModel, wave } from "./serving/models.mjs";
import { measureMemory } from "./start/memory.mjs";
import { measureBareStart, measureStart } from "./start/time-to-ready.mjs";
import { temporaryFolder } from "./temporary-folder.mjs";

const DIGITS = { file: path.join(import.meta.dirname, "../examples/digits/digits.pt2"), shape: [1, 1, 8, 8] };
const MOST_START_MS = 500;
const MOST_MEMORY = 1.3;

/** Measures and prints both. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: "string", default: "start,memory" },
      rounds: { type: "string", default: "15" },
      calls: { type: "string", default: "200" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
    },
  });
  const folder = temporaryFolder();
  const parts = {
    start: async () => startTables(await measureStarts(folder, Number(values.rounds))),
    memory: async () =>
      memoryTables(await measureMemory(prepareModel("resnet18", folder), Number(values.calls))),
  };
  const tables = {};
  const held = [];
  for (const part of values.only.split(",")) {
    const { rows, mustHold } = await parts[part]();
    tables[part] = rows;
    held.push(...mustHold);
  }
  printTables({ ...tables, "what must hold": held }, values);
}

/** Milliseconds by name, each a list with one number a round. */
async function measureStarts(folder, rounds) {
  const base = path.join(folder, "digits");
  const [program, ...args] = torchferry("convert", DIGITS.file, "--output", base);
  execFileSync(program, args);
  const request = `{"instances": ${asPythonWritesIt(wave(DIGITS.shape), DIGITS.shape)}}`;
  const taken = { bare: [], ready: [], cpu: [], answered: [] };
  await measureStart(base, request); // reads everything from a cold disk
  for (let round = 0; round < rounds; round++) {
    taken.bare.push(measureBareStart().wallMs);
    const { readyMs, cpuMs, answeredMs } = await measureStart(base, request);
    taken.ready.push(readyMs);
    taken.cpu.push(cpuMs);
    taken.answered.push(answeredMs);
  }
  return taken;
}

function startTables(taken) {
  const names = {
    bare: "node -e '', whole",
    ready: "serve digits, to /readyz",
    cpu: "the same, CPU time",
    answered: "serve digits, to the first answer",
  };
  const rows = Object.entries(names).map(([key, what]) => ({
    what,
    "median, ms": median(taken[key]).toFixed(0),
    "least, ms": Math.min(...taken[key]).toFixed(0),
    "most, ms": Math.max(...taken[key]).toFixed(0),
  }));
  return {
    rows,
    mustHold: [atMost("start to ready, digits, ms", MOST_START_MS, median(taken.ready).toFixed(0))],
  };
}

function memoryTables([bare, ...servers]) {
  const ratio = ({ calledMb }) => (calledMb / bare.calledMb).toFixed(2);
  const rows = [bare, ...servers].map((one) => ({
    process: one.name,
    "loaded, MB": one.loadedMb.toFixed(0),
    "after the calls, MB": one.calledMb.toFixed(0),
    "of the bare one": ratio(one),
  }));
  return {
    rows,
    mustHold: servers.map((one) => atMost(`memory with resnet18, ${one.name}`, MOST_MEMORY, ratio(one))),
  };
}
