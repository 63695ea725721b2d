// How long a server's event loop is held at once: every turn of it, while it is asked what is large, many or rare.
// Usage: npm run bench -- turns [--only json,grpc,...] [--stacks] [--json]
// Turns above 300 us are counted, and the longest of them told, with and without the garbage collector's part; `--stacks`
// tells where they were (a profiler then runs along, and makes them longer). What comes at once is one turn: where 64
// clients are answered together it is as long as 64 small answers, none of which keeps another waiting. Linux only.
// Not here: measuring (turns/record.mjs), what is asked (turns/cases.mjs).
import { mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { printTable } from "./print-table.mjs";
import { temporaryFolder } from "./temporary-folder.mjs";
import { CASES, LONG_US } from "./turns/cases.mjs";

const SHOWN_STACKS = 5;

/** Measures and prints a row for each case. */
export async function run(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      only: { type: "string", default: Object.keys(CASES).join(",") },
      stacks: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const folder = temporaryFolder();
  const rows = [];
  for (const name of values.only.split(",")) {
    const { what, measure } = CASES[name];
    const own = path.join(folder, name);
    mkdirSync(own);
    const { turns, long } = await measure(own, values.stacks);
    rows.push(row(what, turns, long));
    console.error(what);
    if (values.stacks) printStacks(long);
  }
  printTable(rows, values);
}

function printStacks(long) {
  for (const { us, gcUs, stacks } of longest(long).slice(0, SHOWN_STACKS)) {
    console.error(`  ${us.toFixed(0)} us, of which the garbage collector ${gcUs.toFixed(0)}`);
    for (const [stack, samples] of stacks) console.error(`  ${String(samples).padStart(5)} x ${stack}`);
  }
}

function row(what, turns, long) {
  const ours = long.filter(({ us, gcUs }) => us - gcUs > LONG_US);
  return {
    what,
    turns,
    "above 300 us": long.length,
    "without gc": ours.length,
    "longest, us": Math.max(0, ...long.map(({ us }) => us)).toFixed(0),
    "without gc, us": Math.max(0, ...ours.map(({ us, gcUs }) => us - gcUs)).toFixed(0),
  };
}

function longest(turns) {
  return turns.toSorted((a, b) => b.us - b.gcUs - (a.us - a.gcUs));
}
