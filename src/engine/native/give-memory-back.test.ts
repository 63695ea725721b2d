import * as fs from "node:fs";
import { describe, expect, it } from "vitest";
import { type Address, onThread } from "./c-function.ts";
import { cLibrary } from "./c-library.ts";
import { koffi } from "./foreign-functions.ts";
import { givingMemoryBack } from "./give-memory-back.ts";

const BLOCK_BYTES = 2 ** 20;
const BLOCKS = 48;

const hasGlibc = process.platform === "linux" && cLibrary().mallopt !== undefined;

/** MiB of this process's own memory. */
function residentMiB(): number {
  const [, kib] = /RssAnon:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kib) / 1024;
}

/** Takes blocks on libuv's threads, whose arenas malloc_trim leaves their ends, and writes to each. */
async function takeBlocks(): Promise<{ readonly giveBack: () => Promise<void> }> {
  const library = koffi().load(null);
  const malloc = library.func("malloc", "void *", ["size_t"]);
  const memset = library.func("memset", "void *", ["void *", "int", "size_t"]);
  const free = library.func("free", "void", ["void *"]);
  const blocks: Address[] = [];
  for (let at = 0; at < BLOCKS; at++) {
    const block: Address = await onThread(malloc, BLOCK_BYTES);
    await onThread(memset, block, 1, BLOCK_BYTES);
    blocks.push(block);
  }
  return {
    giveBack: async () => {
      for (const block of blocks.reverse()) await onThread(free, block);
    },
  };
}

describe("memory that is given back", () => {
  it("is what the work returns, also around other such work, and its failure", async () => {
    const inner = givingMemoryBack(async () => 2);
    expect(await givingMemoryBack(async () => (await inner) + 1)).toBe(3);
    await expect(givingMemoryBack(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it.runIf(hasGlibc)("goes to the system at once, from the ends of threads' arenas too", async () => {
    await givingMemoryBack(async () => undefined); // the usual thresholds are set
    const before = residentMiB();
    const { giveBack } = await takeBlocks();
    expect(residentMiB() - before).toBeGreaterThan(BLOCKS / 2);
    await givingMemoryBack(giveBack);
    expect(residentMiB() - before).toBeLessThan(BLOCKS / 4);
  });
});
