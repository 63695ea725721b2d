// Opens and releases sessions, off the event loop.
// Weights that the model keeps outside (external data) are mapped by onnxruntime, not read, where their offsets allow.
// Not here: running (ort-session.ts), the pool of threads (runtime.ts).
import { type Problem, problem, raise } from "../../core/errors.ts";
import { type Address, onThread } from "../native/c-function.ts";
import { givingMemoryBack } from "../native/give-memory-back.ts";
import { shrinkHeapSoon } from "../shrink-heap.ts";
import { API_VERSION, type OrtApi } from "./c-api.ts";
import { check, made, OrtFailure, type OrtRuntime } from "./runtime.ts";

export interface SessionSettings {
  /** Above 0: threads of the session's own, in place of the shared pool. */
  readonly intraOpThreads: number;
  /** Libraries of operators. */
  readonly operatorLibraries: readonly string[];
}

/** Opens the ONNX file. Throws OrtFailure, or OPERATOR_LIBRARY_UNUSABLE. */
export async function openSession(
  runtime: OrtRuntime,
  file: string,
  settings: SessionSettings,
): Promise<bigint> {
  const create = (intraOpThreads: number): Promise<bigint> =>
    givingMemoryBack(() => createSession(runtime, file, { ...settings, intraOpThreads }));
  try {
    return await create(settings.intraOpThreads);
  } catch (error) {
    if (settings.intraOpThreads > 0 || !isForeignEnvironment(error)) throw error;
    return await create(runtime.cores);
  }
}

/** Gives a session's memory back to the system. */
export async function releaseSession({ ort }: OrtRuntime, session: bigint): Promise<void> {
  await givingMemoryBack(() => onThread(ort.releaseSession, session));
  shrinkHeapSoon();
}

async function createSession(
  runtime: OrtRuntime,
  file: string,
  { intraOpThreads, operatorLibraries }: SessionSettings,
): Promise<bigint> {
  const { ort, environment } = runtime;
  const options = made(ort, (result) => ort.createSessionOptions(result));
  try {
    setThreads(ort, options, intraOpThreads);
    raise(operatorLibraries.flatMap((library) => addOperators(runtime, options, library) ?? []));
    const result = new BigUint64Array(new ArrayBuffer(8));
    check(ort, await onThread(ort.createSession, environment, file, options, result));
    return result[0] ?? 0n;
  } finally {
    ort.releaseSessionOptions(options);
  }
}

function setThreads(ort: OrtApi, options: Address, intraOpThreads: number): void {
  if (intraOpThreads > 0) {
    check(ort, ort.setIntraOpNumThreads(options, intraOpThreads));
    check(ort, ort.addSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"));
  } else {
    check(ort, ort.disablePerSessionThreads(options));
  }
}

/** The library's operators are known to every session with these options; it stays loaded as long as one is open. */
function addOperators({ ort }: OrtRuntime, options: Address, file: string): Problem | undefined {
  try {
    check(ort, ort.registerCustomOpsLibrary(options, file));
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : String(error);
    const fields = { file, engine: "onnxruntime", reason, version: `for API version ${API_VERSION}` };
    return problem("OPERATOR_LIBRARY_UNUSABLE", fields, error);
  }
}

/** Another user of the library in this process made the environment first, without a shared pool. */
function isForeignEnvironment(error: unknown): boolean {
  return error instanceof OrtFailure && error.message.includes("CreateEnvWithGlobalThreadPools");
}
