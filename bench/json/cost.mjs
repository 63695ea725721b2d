// What a reading cost, and what tells its result from another.
import { readFileSync, writeFileSync } from "node:fs";

/** Begins to measure; the returned function tells { ms, growthBytes } of processor time and of memory at its most. */
export function measureCost() {
  globalThis.gc?.();
  writeFileSync("/proc/self/clear_refs", "5"); // forgets the most memory so far
  const before = process.memoryUsage().rss;
  const began = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(began);
    return { ms: (user + system) / 1000, growthBytes: mostBytes() - before };
  };
}

/** The sum of float32 elements, each times its place, so that their order tells. */
export function sumOf(bytes) {
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return values.reduce((sum, value, index) => sum + value * (index % 1009), 0);
}

function mostBytes() {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "latin1"))[1]) * 1024;
}
