// Puts the server together: source -> manager -> predict -> protocols -> ports.
// Ports open at once, before any model is loaded: the status of a model that loads can be asked for.
// Not here: flags (cli/), the pieces themselves.
import { availableParallelism } from "node:os";
import { FerryError, Problem, problem } from "../../core/errors.ts";
import { guardOf } from "../admin/guard.ts";
import { systemClock } from "../clock.ts";
import { Configurator } from "../configuration/configurator.ts";
import { type ModelConfiguration, singleModel } from "../configuration/model-configuration.ts";
import { Health } from "../health/health.ts";
import { failureList } from "../manager/failed-versions.ts";
import { DEFAULT_RETRY, Manager } from "../manager/manager.ts";
import { Metrics } from "../metrics/metrics.ts";
import { RequestLog } from "../request-log/request-log.ts";
import { type Look, VersionSource } from "../source/version-source.ts";
import { ConfigFile } from "./config-file.ts";
import { disk } from "./disk.ts";
import { drain } from "./drain.ts";
import { Ports } from "./ports.ts";
import { preparations } from "./preparations.ts";
import { ProcessMetrics } from "./process-metrics.ts";
import { type ProtocolParts, protocolsOf } from "./protocols.ts";
import { DEFAULT_REQUEST_LOG, RecordFiles } from "./record-files.ts";
import { refuseOptions } from "./refuse-options.ts";
import { type ListenerRoutes, listenerRoutes } from "./routes.ts";
import type { ServeOptions } from "./serve-options.ts";
import { servingListeners } from "./serving-listeners.ts";

export type { ServeOptions } from "./serve-options.ts";

export interface RunningServer {
  readonly grpcPort?: number;
  readonly restPort?: number;
  readonly adminPort?: number;
  /** Each model that was found is available or has failed, and one at least is available. Rejects if none is. */
  readonly available: Promise<void>;
  /** Goes on for drainDelayMs, then accepts nothing new, finishes what is in flight within drainMs, unloads, and closes. */
  drain(): Promise<void>;
}

/** TensorFlow Serving's default of --file_system_poll_wait_seconds. */
const DEFAULT_POLL_WAIT_SECONDS = 1;
/** Kubernetes grants 30 s between SIGTERM and SIGKILL. */
const DEFAULT_DRAIN_MS = 25_000;

/** Starts serving. Throws rows of the errors table if a port cannot be had; under `strict` also if a model fails. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { log, strict } = options;
  const models = options.models.map((model) => ({ ...singleModel(model.name, model.basePath), ...model }));
  const requestLog = makeRequestLog(options);
  const machine = options.monitoring?.prometheusPath === undefined ? undefined : new ProcessMetrics();
  const metrics =
    machine && new Metrics({ models: () => manager, inFlight: () => ports.inFlight(), requestLog, machine });
  const manager = makeManager(options, models, requestLog, metrics);
  const source = makeSource(options, models, manager);
  const { allowLabelsForUnavailable } = options;
  const configured = (all: readonly ModelConfiguration[]): void => requestLog?.configure(all);
  const configurator = new Configurator({
    manager,
    source,
    log,
    models,
    allowLabelsForUnavailable,
    configured,
    strict,
  });
  const wrong = await configurator.start();
  const [first, ...rest] = wrong;
  if (first) throw new FerryError([first, ...rest]);
  const health = new Health();
  refuseOptions(options);
  const routes = routesOf(options, { models: manager, configurator, health, metrics });
  const ports = new Ports(options, servingListeners(options, routes.serving), routes.admin);
  if (!strict) await ports.open();
  const available = becomeAvailable(options, manager, source.start(), health);
  // Whoever does not ask for it must not be brought down by it.
  available.catch(() => undefined);
  if (strict) {
    await available.catch((error: unknown) => endWith(error, source, manager));
    await ports.open().catch((error: unknown) => endWith(error, source, manager));
  }
  const file = watchConfigFile(options, configurator);
  const stopWatching = (): void => {
    source.stop();
    file?.stop();
  };
  const { drainMs = DEFAULT_DRAIN_MS, drainDelayMs = 0 } = options;
  let draining: Promise<void> | undefined;
  return {
    ...(ports.grpcPort === undefined ? {} : { grpcPort: ports.grpcPort }),
    ...(ports.restPort === undefined ? {} : { restPort: ports.restPort }),
    ...(ports.adminPort === undefined ? {} : { adminPort: ports.adminPort }),
    available,
    drain: () => {
      draining ??= drain({
        health,
        stopWatching,
        ports,
        manager,
        requestLog,
        drainDelayMs,
        drainMs,
        clock: systemClock,
        log,
      }).finally(() => machine?.close());
      return draining;
    },
  };
}

function makeManager(
  options: ServeOptions,
  models: readonly ModelConfiguration[],
  requestLog: RequestLog | undefined,
  metrics: Metrics | undefined,
): Manager {
  const { engine, log, refuseBreakingVersions, numLoadThreads, intraOpThreads } = options;
  const retry = {
    maxLoadRetries: options.maxLoadRetries ?? DEFAULT_RETRY.maxLoadRetries,
    loadRetryIntervalMs: options.loadRetryIntervalMs ?? DEFAULT_RETRY.loadRetryIntervalMs,
  };
  const listeners = metrics && { batches: metrics.batches.listeners, warmedUp: metrics.models.warmedUp };
  const manager = new Manager({
    engine: metrics?.models.counted(engine) ?? engine,
    clock: systemClock,
    log,
    models: models.map((model) => model.name),
    retry,
    maxLoadsAtOnce: numLoadThreads || availableParallelism(),
    ...(intraOpThreads ? { intraOpThreads } : {}),
    refuseBreakingVersions,
    prepare: [
      ...preparations(options, listeners),
      // Last, so that it sees requests and not batches.
      ...(requestLog ? [requestLog.prepare] : []),
    ],
  });
  if (metrics) manager.watchPredictions(metrics.predicted);
  return manager;
}

/** TensorFlow Serving's open build logs nothing. */
function makeRequestLog({ strict, log, requestLog = {} }: ServeOptions): RequestLog | undefined {
  if (strict) return undefined;
  const { maxFileBytes, maxFileRecords, queueBytes, everyModel } = { ...DEFAULT_REQUEST_LOG, ...requestLog };
  const sink = new RecordFiles({ maxFileBytes, maxFileRecords });
  return new RequestLog({ sink, clock: systemClock, log, queueBytes, everyModel });
}

function makeSource(
  options: ServeOptions,
  models: readonly ModelConfiguration[],
  manager: Manager,
): VersionSource {
  const seconds = options.fileSystemPollWaitSeconds ?? DEFAULT_POLL_WAIT_SECONDS;
  return new VersionSource({
    fileSystem: disk,
    clock: systemClock,
    log: options.log,
    models,
    pollWaitMs: seconds * 1000,
    emptyListingUnloads: options.strict,
    modelFiles: options.modelFiles,
    aspire: (model, versions) => manager.setAspired(model, versions),
  });
}

function routesOf(options: ServeOptions, parts: ProtocolParts): ListenerRoutes {
  const { adminOnServingPorts = false, strict = false, adminTokens } = options;
  return listenerRoutes(protocolsOf(options, parts), {
    openAdmin: adminOnServingPorts || strict,
    guard: guardOf(adminTokens),
    guardServing: adminTokens !== undefined,
  });
}

function watchConfigFile(options: ServeOptions, configurator: Configurator): ConfigFile | undefined {
  if (!options.modelConfigFile) return undefined;
  const { path, pollWaitSeconds } = options.modelConfigFile;
  const { log, strict = false } = options;
  const pollWaitMs = pollWaitSeconds * 1000;
  const file = new ConfigFile({ path, pollWaitMs, configurator, clock: systemClock, log, always: strict });
  void file.start();
  return file;
}

/** Tells the health service as models come and go; see RunningServer.available. */
async function becomeAvailable(
  { strict, stopping }: ServeOptions,
  manager: Manager,
  firstLook: Promise<ReadonlyMap<string, Look>>,
  health: Health,
): Promise<void> {
  const looks = await firstLook;
  const found = manager.names.filter((name) => !(looks.get(name) instanceof Problem));
  // A model that is not there yet holds up nothing, unless there is nothing else to wait for.
  const awaited = strict || found.length === 0 ? manager.names : found;
  const failed = await manager.settled(awaited, strict ? stopping : undefined);
  if (strict) stopping?.throwIfAborted();
  const tell = (): void =>
    health.set(manager.names.some((name) => manager.isServing(name)) ? "serving" : "not serving");
  manager.subscribe(tell);
  tell();
  if (failed.length === 0 || (!strict && health.state === "serving")) return;
  const fields = { count: failed.length, reasons: failureList(failed) };
  throw new FerryError([problem("MODELS_UNAVAILABLE", fields)]);
}

async function endWith(error: unknown, source: VersionSource, manager: Manager): Promise<never> {
  source.stop();
  await manager.close();
  throw error;
}
