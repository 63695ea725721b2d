// Has V8 give back what its heap keeps free, after work that left much garbage. The young generation alone grows to 32 MB
// under any steady work, and full collections make it smaller only where next to nothing is allocated, or where V8 is told
// that memory counts; it grows anew where it is needed. V8 looks at the flag when a collection begins, and favours size in
// code that it compiles meanwhile; so the flag holds until such a collection is over.
// Source: https://github.com/v8/v8/blob/11.3.244/src/heap/heap.cc, ReduceNewSpaceSize, ShouldOptimizeForMemoryUsage
import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

const FLAG = "optimize-for-size";
/** A young generation of this size is left alone. */
const SMALL_BYTES = 4 * 2 ** 20;

/** What the young generation had when it was to become smaller; undefined if it is not to. */
let large: number | undefined;

const collections = new PerformanceObserver(() => {
  if (large !== undefined && youngBytes() >= large) return;
  large = undefined;
  collections.disconnect();
  setFlagsFromString(`--no-${FLAG}`);
});

/** The next full collection of garbage makes the heap as small as it can be. It comes when V8 sees fit. */
export function shrinkHeapSoon(): void {
  const bytes = youngBytes();
  if (large !== undefined || bytes <= SMALL_BYTES) return;
  large = bytes;
  setFlagsFromString(`--${FLAG}`);
  collections.observe({ entryTypes: ["gc"] });
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;
}
