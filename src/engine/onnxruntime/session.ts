// Opens and releases sessions, off the event loop.
// Weights that the model keeps outside (external data) are mapped by onnxruntime, not read, where their offsets allow.
// Not here: running (loaded-model.ts), the pool of threads (runtime.ts).
import type { Address, OrtApi } from "./c-api.ts";
import { check, made, OrtFailure, type OrtRuntime } from "./runtime.ts";

/**
 * Opens the ONNX file. `intraOpThreads` above 0 gives the session threads of its own instead of the shared pool.
 * Throws OrtFailure.
 */
export async function openSession(
  runtime: OrtRuntime,
  file: string,
  intraOpThreads: number,
): Promise<bigint> {
  try {
    return await createSession(runtime, file, intraOpThreads);
  } catch (error) {
    if (intraOpThreads > 0 || !isForeignEnvironment(error)) throw error;
    return await createSession(runtime, file, runtime.cores);
  }
}

/** Gives a session's memory back to the system. */
export async function releaseSession({ ort, c }: OrtRuntime, session: bigint): Promise<void> {
  await new Promise((resolve) => ort.releaseSession.async(session, resolve));
  await new Promise((resolve) => (c.mallocTrim ? c.mallocTrim.async(0, resolve) : resolve(undefined)));
}

async function createSession(runtime: OrtRuntime, file: string, intraOpThreads: number): Promise<bigint> {
  const { ort, environment } = runtime;
  const options = made(ort, (result) => ort.createSessionOptions(result));
  try {
    setThreads(ort, options, intraOpThreads);
    const result = new BigUint64Array(new ArrayBuffer(8));
    const status = await new Promise<Address>((resolve, reject) => {
      ort.createSession.async(environment, file, options, result, (error, value) =>
        error ? reject(error) : resolve(value),
      );
    });
    check(ort, status);
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

/** Another user of the library in this process made the environment first, without a shared pool. */
function isForeignEnvironment(error: unknown): boolean {
  return error instanceof OrtFailure && error.message.includes("CreateEnvWithGlobalThreadPools");
}
