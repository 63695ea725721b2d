// Work that frees much memory, such as loading or releasing a model, and gives it back to the system at once.
// glibc keeps what is freed at the end of an arena up to a threshold, which grows with the blocks that a process frees,
// up to 64 MiB; malloc_trim does not look there in the arenas of threads. So the threshold is low while the work goes on.
// Source: https://man7.org/linux/man-pages/man3/mallopt.3.html, malloc_trim.3
// Invariant: outside of such work the thresholds are those that glibc itself comes to under large blocks.
import { onThread } from "./c-function.ts";
import { type CLibrary, cLibrary } from "./c-library.ts";

const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;

/** While such work goes on: a load frees and takes in small pieces, which stay cheap. */
const LOW_TRIM_BYTES = 2 ** 20;

/** Where glibc's own adjustment ends. Setting one threshold ends the adjustment of both. */
const USUAL_TRIM_BYTES = 64 * 2 ** 20;
const USUAL_MMAP_BYTES = 32 * 2 ** 20;

/** Whoever sets one of these wants it to hold. */
const USERS_OWN = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"];

let underWay = 0;

/** Does the work, then gives free memory back, on a thread. */
export async function givingMemoryBack<T>(work: () => Promise<T>): Promise<T> {
  const { mallocTrim, mallopt } = cLibrary();
  setThresholds(mallopt, ++underWay);
  try {
    return await work();
  } finally {
    setThresholds(mallopt, --underWay);
    if (mallocTrim) await onThread(mallocTrim, 0);
  }
}

function setThresholds(mallopt: CLibrary["mallopt"], working: number): void {
  if (!mallopt || working > 1 || USERS_OWN.some((name) => process.env[name])) return;
  mallopt(M_MMAP_THRESHOLD, USUAL_MMAP_BYTES);
  mallopt(M_TRIM_THRESHOLD, working > 0 ? LOW_TRIM_BYTES : USUAL_TRIM_BYTES);
}
