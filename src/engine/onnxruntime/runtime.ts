// onnxruntime as one process has it: its environment with one pool of threads for all models, and the allocators.
// Invariant: made once, on first use, and never released: onnxruntime keeps one environment a process anyway.
// Not here: sessions (session.ts), which runs may start (run-slots.ts).
import { Problem, problem, raise } from "../../core/errors.ts";
import { availableCores } from "../cores.ts";
import type { Address } from "../native/c-function.ts";
import type { OrtApi } from "./c-api.ts";
import { loadLibrary } from "./library.ts";

/** Everything that runs share. */
export interface OrtRuntime {
  readonly ort: OrtApi;
  readonly environment: Address;
  /** Describes plain memory of this process. */
  readonly memory: Address;
  /** Allocates tensors that onnxruntime owns (strings). */
  readonly allocator: Address;
  readonly cores: number;
}

/** What onnxruntime said no with. */
export class OrtFailure extends Error {
  /** OrtErrorCode: 2 INVALID_ARGUMENT, 3 NO_SUCHFILE, 7 INVALID_PROTOBUF, 10 INVALID_GRAPH, ... */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Throws OrtFailure unless the status is OK, and releases it. */
export function check(ort: OrtApi, status: Address): void {
  if (status === null) return;
  const failure = new OrtFailure(ort.getErrorCode(status), ort.getErrorMessage(status));
  ort.releaseStatus(status);
  throw failure;
}

/** Calls a function that writes an address through its last argument; null where it leaves or writes NULL. */
export function made(ort: OrtApi, make: (result: BigUint64Array) => Address): Address {
  const result = new BigUint64Array(1);
  check(ort, make(result));
  return result[0] || null;
}

let shared: OrtRuntime | undefined;

/** The process's runtime. Throws ENGINE_UNAVAILABLE if the library cannot be loaded. */
export function ortRuntime(): OrtRuntime {
  shared ??= start();
  return shared;
}

function start(): OrtRuntime {
  const ort = loadLibrary();
  if (!(ort instanceof Problem)) return makeRuntime(ort);
  raise([ort]);
  throw ort; // raise has thrown
}

/** onnxruntime prints errors as well as returning them; ours carry the text. */
const LOG_FATAL_ONLY = 4;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;

function makeRuntime(ort: OrtApi): OrtRuntime {
  try {
    const cores = availableCores();
    const threading = made(ort, (result) => ort.createThreadingOptions(result));
    check(ort, ort.setGlobalIntraOpNumThreads(threading, cores));
    // Threads that spin while they wait take the processor from the event loop; measured, docs/engines.md.
    check(ort, ort.setGlobalSpinControl(threading, 0));
    const environment = made(ort, (result) =>
      ort.createEnvWithGlobalThreadPools(LOG_FATAL_ONLY, "torchferry", threading, result),
    );
    ort.releaseThreadingOptions(threading);
    return {
      ort,
      environment,
      memory: made(ort, (result) => ort.createCpuMemoryInfo(ARENA_ALLOCATOR, DEFAULT_MEMORY, result)),
      allocator: made(ort, (result) => ort.getAllocatorWithDefaultOptions(result)),
      cores,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    raise([problem("ENGINE_UNAVAILABLE", { file: "libonnxruntime", reason }, error)]);
    throw error; // raise has thrown
  }
}
