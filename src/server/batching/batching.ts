// The step between a version's load and its first request that lets requests run together (--enable_batching).
// Source: TensorFlow Serving's bundle_factory_util.cc and saved_model_bundle_factory.cc. With parameters of each version's
// own, a version without a file of them is not batched, and the threads are those of the server's parameters.
// Not here: reading the server's parameters (configuration/batching-parameters.ts).
import { BatchingParametersSchema } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { FerryError, Problem } from "../../core/errors.ts";
import type { LoadedModel, SharedModel } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import type { Clock } from "../clock.ts";
import { type BatchingOptions, batchingOptions } from "../configuration/batching-parameters.ts";
import { readTextConfig } from "../configuration/read-text-config.ts";
import type { Log } from "../log.ts";
import type { LoadedPlace, Prepare } from "../manager/manager.ts";
import type { FileSystem } from "../source/file-system.ts";
import { type BatchListeners, SILENT } from "./batch-listener.ts";
import { BatchScheduler } from "./batch-scheduler.ts";
import { BatchedModel, type SharedBatchedModel } from "./batched-model.ts";
import { whatMixesRows } from "./check-rows.ts";
import { whyNotJoinable } from "./joinable.ts";
import type { JoinedSignatureFields } from "./joined-signature.ts";

export interface Batching {
  readonly options: BatchingOptions;
  /** Whether each version brings its own parameters (--enable_per_model_batching_parameters). */
  readonly perModel: boolean;
  /** Batches that run at once where the parameters do not say. */
  readonly cores: number;
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly log: Log;
  readonly listeners?: BatchListeners | undefined;
}

const FILE = "batching_params.pbtxt";
/** Parameters are some hundred bytes. */
const MAX_FILE_BYTES = 2 ** 20;

/** The step. Throws rows of the table for a version's file that cannot be used. */
export function batching(settings: Batching): Prepare {
  const { options, perModel, cores, log } = settings;
  const scheduler = new BatchScheduler(options.numBatchThreads ?? cores);
  return async (loaded, place) => {
    const own = perModel ? await ownOptions(settings, place) : options;
    if (!own) {
      log("info", `${describe(place)}: requests are not batched: it has no ${FILE}`);
      return loaded;
    }
    const joined = await joinedSignatures(loaded, place, own, scheduler, settings);
    return joined.length > 0 ? new BatchedModel(loaded, joined) : loaded;
  };
}

/** Batches a model again that another thread batches too. Each thread has queues, and its share of the limits, of its own. */
export type BatchAgain = (inner: LoadedModel, shared: SharedModel, place: LoadedPlace) => LoadedModel;

/** For one of so many threads. */
export function batchingAgain(settings: Batching, threads: number): BatchAgain {
  const share = (limit: number): number => Math.ceil(limit / threads);
  const scheduler = new BatchScheduler(share(settings.options.numBatchThreads ?? settings.cores));
  return (inner, shared, place) => {
    if (!isBatched(shared)) return inner;
    const options = {
      ...shared.batching,
      maxEnqueuedBatches: share(shared.batching.maxEnqueuedBatches),
    };
    const joined = shared.joined.flatMap((name) => inner.signatures.get(name) ?? []);
    return new BatchedModel(
      inner,
      joined.map((signature) => joinedFields(inner, signature, place, options, scheduler, settings)),
    );
  };
}

function isBatched(shared: SharedModel): shared is SharedBatchedModel {
  return "joined" in shared;
}

/** The version's parameters, with the server's threads; undefined if it has none. */
async function ownOptions(
  { fileSystem, options }: Batching,
  { path }: LoadedPlace,
): Promise<BatchingOptions | undefined> {
  const file = `${path}/${FILE}`;
  const bytes = await fileSystem.read(file, 0, MAX_FILE_BYTES).catch(() => undefined);
  if (!bytes) return undefined;
  const message = readTextConfig(BatchingParametersSchema, file, Buffer.from(bytes).toString());
  if (message instanceof Problem) throw new FerryError([message]);
  const own = batchingOptions(message);
  if (!("maxBatchSize" in own)) {
    const [first, ...rest] = own;
    throw first ? new FerryError([first, ...rest]) : new Error(`${file} cannot be used`);
  }
  const { numBatchThreads, threadPoolName } = options;
  return { ...own, numBatchThreads, threadPoolName };
}

/** The signatures whose requests run together. The others are told in the log, with the reason. */
async function joinedSignatures(
  inner: LoadedModel,
  place: LoadedPlace,
  options: BatchingOptions,
  scheduler: BatchScheduler,
  settings: Batching,
): Promise<JoinedSignatureFields[]> {
  const { log } = settings;
  const joined: JoinedSignatureFields[] = [];
  for (const signature of inner.signatures.values()) {
    // What made-up rows would change stays untouched; the signature is believed then.
    const reason =
      whyNotJoinable(signature) ?? (inner.keepsState ? undefined : await whatMixesRows(inner, signature));
    if (reason !== undefined) {
      tellAlone(place, signature, log, reason);
      continue;
    }
    joined.push(joinedFields(inner, signature, place, options, scheduler, settings));
  }
  if (joined.length > 0) {
    const names = joined.map(({ signature }) => signature.name).join(", ");
    log("info", `${describe(place)}: requests are batched, up to ${options.maxBatchSize} rows: ${names}`);
  }
  return joined;
}

function joinedFields(
  inner: LoadedModel,
  signature: Signature,
  place: LoadedPlace,
  options: BatchingOptions,
  scheduler: BatchScheduler,
  { clock, log, listeners }: Batching,
): JoinedSignatureFields {
  const listener = listeners?.(place, signature.name, options.threadPoolName) ?? SILENT;
  const misfit = (reason: string): void => tellAlone(place, signature, log, reason);
  return { model: describe(place), signature, inner, options, clock, scheduler, listener, misfit };
}

function tellAlone(place: LoadedPlace, { name }: Signature, log: Log, reason: string): void {
  log("warn", `${describe(place)}: signature ${name}: each request runs alone: ${reason}`);
}

function describe({ model, version }: LoadedPlace): string {
  return `{name: ${model} version: ${version}}`;
}
