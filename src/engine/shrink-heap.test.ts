// In a process of its own: V8's flags are the process's, and other tests' models ask for a small heap too.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { expect, it } from "vitest";

/** Prints whether V8 makes a large young generation small by itself, after it was asked to, and what it is afterwards. */
const SCRIPT = `
import { setTimeout as wait } from "node:timers/promises";
import { getHeapSpaceStatistics } from "node:v8";
import { shrinkHeapSoon } from ${JSON.stringify(join(import.meta.dirname, "shrink-heap.ts"))};

const youngBytes = () => getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size;
const objects = () => Array.from({ length: 20_000 }, (_, index) => ({ index }));

/** Much that lives a while, which is what the young generation grows for. */
function grow() {
  let kept = [];
  for (let round = 0; round < 150; round++) {
    kept.push(objects());
    if (kept.length > 20) kept = [];
  }
}

/** Whether it gets smaller than that while V8 collects of its own accord, because much that grew old is garbage. */
async function shrinksBelow(bytes, rounds) {
  const kept = [];
  for (let round = 0; round < rounds && youngBytes() >= bytes; round++) {
    kept[round % 16] = [new Uint8Array(4_000_000), objects()];
    await wait(2);
  }
  return youngBytes() < bytes;
}

grow();
const grown = youngBytes();
const byItself = await shrinksBelow(grown / 2, 60);
shrinkHeapSoon();
const asked = await shrinksBelow(grown / 2, 3000);
for (let times = 0; times < 20 && youngBytes() < grown; times++) {
  grow();
  await wait(1);
}
console.log(JSON.stringify({ grown, byItself, asked, again: youngBytes() }));
`;

it("makes the young generation smaller at a full collection, and lets it grow again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "torchferry-heap-"));
  try {
    const told = JSON.parse(execFileSync(process.execPath, [await bundled(folder)], { encoding: "utf8" }));
    expect(told.grown).toBeGreaterThan(12e6);
    expect(told).toEqual({ grown: told.grown, byItself: false, asked: true, again: told.grown });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The script as JavaScript that node runs. */
async function bundled(folder: string): Promise<string> {
  const entry = join(folder, "heap.ts");
  writeFileSync(entry, SCRIPT);
  await build({
    logLevel: "silent",
    configFile: false,
    build: { ssr: entry, outDir: folder, rollupOptions: { output: { entryFileNames: "heap.mjs" } } },
    ssr: { noExternal: true },
  });
  return join(folder, "heap.mjs");
}
