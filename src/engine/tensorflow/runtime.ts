// TensorFlow as one process has it: its library, loaded once and never given back, with the operators added to it.
// Not here: where the library lies (find-library.ts), sessions (tf-session.ts).
import * as fs from "node:fs";
import { fail, Problem, problem, raise } from "../../core/errors.ts";
import { availableCores } from "../cores.ts";
import type { Address } from "../native/c-function.ts";
import { preload } from "../native/c-library.ts";
import { loadForGood } from "../native/load-library.ts";
import { bindTensorFlow, type TensorFlowApi } from "./c-api.ts";
import { type Environment, findTensorFlow } from "./find-library.ts";

export interface TensorFlowRuntime {
  readonly tf: TensorFlowApi;
  /** The library's file. */
  readonly library: string;
  /** Such as `2.21.0`. */
  readonly version: string;
  readonly cores: number;
}

export interface TensorFlowPlace {
  /** The library itself; by default it is looked for. */
  readonly library?: string | undefined;
  readonly env: Environment;
  /** Libraries of operators, TF_LoadLibrary's. */
  readonly operatorLibraries?: readonly string[] | undefined;
}

/** What TensorFlow said no with. */
export class TensorFlowFailure extends Error {
  /** TF_Code: 3 INVALID_ARGUMENT, 5 NOT_FOUND, 9 FAILED_PRECONDITION, 11 OUT_OF_RANGE, ... */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Releases before it keep strings in another layout. One that lacks a function we call is refused by its name. */
const OLDEST = "2.6";

let shared: Promise<TensorFlowRuntime> | undefined;

/**
 * The process's TensorFlow. Loading it, half a second, does not hold the event loop. Throws TENSORFLOW_NOT_FOUND,
 * TENSORFLOW_UNUSABLE or OPERATOR_LIBRARY_UNUSABLE; the next call then tries again.
 */
export function tensorflowRuntime(place: TensorFlowPlace): Promise<TensorFlowRuntime> {
  shared ??= start(place).catch((error: unknown) => {
    shared = undefined;
    throw error;
  });
  return shared;
}

/** Calls a function with a status and throws TensorFlowFailure unless it is OK afterwards. */
export function checked<T>({ tf }: Pick<TensorFlowRuntime, "tf">, call: (status: Address) => T): T {
  const status = tf.newStatus();
  try {
    const result = call(status);
    throwUnlessOk(tf, status);
    return result;
  } finally {
    tf.deleteStatus(status);
  }
}

/** Likewise for a call that goes on elsewhere; the status lives until it is done. */
export async function checkedLater<T>(
  { tf }: Pick<TensorFlowRuntime, "tf">,
  call: (status: Address) => Promise<T>,
): Promise<T> {
  const status = tf.newStatus();
  try {
    const result = await call(status);
    throwUnlessOk(tf, status);
    return result;
  } finally {
    tf.deleteStatus(status);
  }
}

function throwUnlessOk(tf: TensorFlowApi, status: Address): void {
  const code = tf.getCode(status);
  if (code !== 0) throw new TensorFlowFailure(code, tf.message(status));
}

async function start({ library, env, operatorLibraries = [] }: TensorFlowPlace): Promise<TensorFlowRuntime> {
  const file = library ?? (await findTensorFlow(env));
  if (file instanceof Problem) {
    raise([file]);
    throw file; // raise has thrown
  }
  if (!fs.existsSync(file)) fail("FILE_NOT_FOUND", { file });
  // TensorFlow tells progress on stderr, between our log's lines; errors come back to us as well.
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";
  // Otherwise what a model had stays in a pool of TensorFlow's, for the next one, and never goes back to the system.
  process.env["TF_ONEDNN_USE_SYSTEM_ALLOCATOR"] ??= "1";
  const tf = await openLibrary(file);
  const runtime = { tf, library: file, version: tf.version(), cores: availableCores() };
  if (isTooOld(runtime.version)) unusable(file, `it is TensorFlow ${runtime.version}`);
  const wrong = operatorLibraries.flatMap((one) => loadOperators(runtime, one) ?? []);
  raise(wrong);
  return runtime;
}

async function openLibrary(file: string): Promise<TensorFlowApi> {
  await preload(file);
  try {
    return bindTensorFlow(loadForGood(file));
  } catch (error) {
    return unusable(file, error instanceof Error ? error.message : String(error), error);
  }
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST.split(".").map(Number);
  return major !== oldestMajor || minor < oldestMinor;
}

function unusable(file: string, reason: string, cause?: unknown): never {
  return fail("TENSORFLOW_UNUSABLE", { file, reason, oldest: OLDEST }, cause);
}

function loadOperators(runtime: TensorFlowRuntime, file: string): Problem | undefined {
  try {
    checked(runtime, (status) => runtime.tf.loadLibrary(file, status));
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const { version } = runtime;
    return problem("OPERATOR_LIBRARY_UNUSABLE", { file, engine: "TensorFlow", reason, version }, error);
  }
}
