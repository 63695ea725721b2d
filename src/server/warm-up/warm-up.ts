// Runs a version before its first client does: engines set up much with the first run of a shape.
// The requests are those of the version's own file, or made up from its signatures.
// Rules and messages of the file: TensorFlow Serving's saved_model_warmup.cc and saved_model_warmup_util.cc. Any of its
// requests that fails fails the load. A made-up one that fails says nothing: it is a guess, and only for models that
// keep no state.

import { RecordError, readRecords } from "../../bytes/tf-record.ts";
import { fail } from "../../core/errors.ts";
import type { LoadedModel } from "../../engine/engine.ts";
import { madeUpInputs } from "../../engine/made-up-inputs.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { LoadedPlace, Prepare } from "../manager/manager.ts";
import type { FileSystem } from "../source/file-system.ts";
import { replayRecord } from "./replay-record.ts";

/** Told of each file that was replayed: its records and the microseconds they took. */
export type WarmUpListener = (path: string, records: number, micros: number) => void;

export interface WarmUpOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  /** Times that each request of the file is run. */
  readonly iterations: number;
  /** Whether requests are made up for a version without a file. */
  readonly synthetic: boolean;
  readonly warmedUp?: WarmUpListener | undefined;
}

const FILE = "assets.extra/tf_serving_warmup_requests";
/** WarmupConsts::kMaxNumRecords */
const MAX_RECORDS = 1000;
/** One request; gRPC takes no larger one either. */
const MAX_RECORD_BYTES = 2 ** 31 - 1;

/** A guess that runs longer than this, such as a loop that ones do not end, is given up. */
const MAX_MADE_UP_MS = 10_000;

/** The step between a version's load and its first request. */
export function warmUp(options: WarmUpOptions): Prepare {
  return async (loaded, place) => {
    const path = `${place.path}/${FILE}`;
    if (await exists(options.fileSystem, path)) await replay(loaded, place, path, options);
    else {
      options.log("info", `No warmup data file found at ${path}`);
      // A request that nobody made must not change what a real one is answered.
      if (options.synthetic && !loaded.keepsState) await runMadeUp(loaded, place, options);
    }
    return loaded;
  };
}

async function exists(fileSystem: FileSystem, path: string): Promise<boolean> {
  try {
    await fileSystem.read(path, 0, 1);
    return true;
  } catch {
    return false; // without a file there is nothing to replay; one that cannot be read is told by loading it
  }
}

async function replay(
  loaded: LoadedModel,
  place: LoadedPlace,
  path: string,
  { fileSystem, clock, log, iterations, warmedUp }: WarmUpOptions,
): Promise<void> {
  const started = clock.now();
  let count = 0;
  try {
    const readAt = (offset: number, length: number): Promise<Uint8Array> =>
      fileSystem.read(path, offset, length);
    for await (const record of readRecords(readAt, MAX_RECORD_BYTES)) {
      if (++count > MAX_RECORDS) fail("WARMUP_TOO_MANY", { limit: MAX_RECORDS, path });
      for (let turn = 0; turn < iterations; turn++) await replayRecord(record, path, loaded, place);
    }
  } catch (error) {
    if (error instanceof RecordError) fail("WARMUP_DATA_LOSS", { path, reason: error.message }, error);
    throw error;
  }
  const micros = (clock.now() - started) * 1000;
  warmedUp?.(place.path, count, micros);
  log(
    "info",
    `Finished reading warmup data for model at ${path}. Number of warmup records read: ${count}. Elapsed time (microseconds): ${micros}.`,
  );
}

async function runMadeUp(
  loaded: LoadedModel,
  { model, version }: LoadedPlace,
  { log }: WarmUpOptions,
): Promise<void> {
  const done = new Set<string>();
  for (const signature of loaded.signatures.values()) {
    const inputs = madeUpInputs(signature);
    // Signatures are often several names of one.
    const key = JSON.stringify([signature.inputs, signature.outputs]);
    if (!inputs || done.has(key)) continue;
    done.add(key);
    try {
      await loaded.run(signature.name, inputs, [], { signal: AbortSignal.timeout(MAX_MADE_UP_MS) });
    } catch (error) {
      const where = `{name: ${model} version: ${version}}: signature ${signature.name}`;
      const reason = error instanceof Error ? error.message : String(error);
      log("debug", `${where}: a made-up request for warm-up was refused: ${reason}`);
    }
  }
}
