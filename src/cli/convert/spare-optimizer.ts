// A conversion's code runs a few times and is done. V8's optimizing compiler took a fifth of the processor's time, up to
// two fifths where graphs are large, for functions that by then were hardly needed.
// Source: https://github.com/v8/v8/blob/11.3.244/src/flags/flag-definitions.h, interrupt_budget
import { setFlagsFromString } from "node:v8";

/** Bytes of a function's code that run before it is optimized; V8's own 66 kB suit what runs on and on. */
const OPTIMIZE_AFTER_BYTES = 400_000;
/** From this version on (Node 22) V8 has a quick compiler in between, and this flag no longer. */
const FIRST_WITHOUT = 12;

/** Lets V8 optimize later, for what the process still runs. */
export function spareOptimizer(setFlag = setFlagsFromString): void {
  if (Number.parseInt(process.versions.v8, 10) >= FIRST_WITHOUT) return;
  setFlag(`--interrupt-budget=${OPTIMIZE_AFTER_BYTES}`);
}
