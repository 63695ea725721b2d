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
import { mergeStatistics } from "../predict/merge-statistics.ts";
import { Statistics, type StatisticsSource } from "../predict/statistics.ts";
import type { RequestLog } from "../request-log/request-log.ts";
import { type Look, VersionSource } from "../source/version-source.ts";
import { SerialSink } from "../workers/serial-sink.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import { ConfigFile } from "./config-file.ts";
import { disk } from "./disk.ts";
import { type DrainTimes, drain } from "./drain.ts";
import { Ports } from "./ports.ts";
import { preparations } from "./preparations.ts";
import { ProcessMetrics } from "./process-metrics.ts";
import { type ProtocolParts, protocolsOf } from "./protocols.ts";
import { refuseOptions } from "./refuse-options.ts";
import { makeRequestLog, requestLogFiles } from "./request-log-files.ts";
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
  /** Rejects when the server cannot go on; it is to be drained then. */
  readonly failed: Promise<never>;
  /** Goes on for drainDelayMs, then accepts nothing new, finishes what is in flight within drainMs, unloads, and closes. */
  drain(): Promise<void>;
}

const NEVER: Promise<never> = new Promise(() => undefined);

/** TensorFlow Serving's default of --file_system_poll_wait_seconds. */
const DEFAULT_POLL_WAIT_SECONDS = 1;
/** Kubernetes grants 30 s between SIGTERM and SIGKILL. */
const DEFAULT_DRAIN_MS = 25_000;

/** Starts serving. Throws rows of the errors table if a port cannot be had; under `strict` also if a model fails. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { log, strict } = options;
  const models = options.models.map((model) => ({ ...singleModel(model.name, model.basePath), ...model }));
  const sink = new SerialSink(requestLogFiles(options));
  const requestLog = makeRequestLog(options, sink);
  const workers = (options.workers ?? 1) > 1 ? await import("./worker-threads.ts") : undefined;
  const pool = workers?.workerThreads(options, sink);
  const machine = options.monitoring?.prometheusPath === undefined ? undefined : new ProcessMetrics();
  const others = pool && (() => pool.families());
  const inFlight = (): number => serving.inFlight();
  const metrics = machine && new Metrics({ models: () => manager, inFlight, requestLog, machine, others });
  const manager = makeManager(options, models, requestLog, metrics, pool);
  const statistics = new Statistics(systemClock);
  if (!strict) manager.watchPredictions(statistics.listener);
  const source = makeSource(options, models, manager);
  const { allowLabelsForUnavailable } = options;
  const configured = (all: readonly ModelConfiguration[]): void => {
    const logging = requestLog?.configure(all);
    if (logging) pool?.setLogging(logging);
  };
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
  const counts = { metrics, statistics: pool ? withWorkers(statistics, pool) : statistics };
  const routes = routesOf(options, { models: manager, configurator, health, ...counts });
  const listeners =
    workers && pool ? workers.handOverListeners(options, pool) : servingListeners(options, routes.serving);
  const ports = new Ports(options, listeners, routes.admin);
  const serving = pool ? portsOfWorkers(ports, pool) : ports;
  const giveUp = (error: unknown): Promise<never> => endWith(error, source, manager, pool);
  await pool?.start({ models: manager, health, routes: routes.serving }).catch(giveUp);
  if (!strict) await ports.open().catch(giveUp);
  const available = becomeAvailable(options, manager, source.start(), health);
  // Whoever does not ask for it must not be brought down by it.
  available.catch(() => undefined);
  if (strict) {
    await available.catch(giveUp);
    await ports.open().catch(giveUp);
  }
  const file = watchConfigFile(options, configurator);
  const stopWatching = (): void => {
    source.stop();
    file?.stop();
  };
  const end = once(async () => {
    await drain({ ...drainTimes(options), health, stopWatching, ports: serving, manager, requestLog, log });
    await pool?.close();
    machine?.close();
  });
  return { ...portNumbers(ports), available, failed: pool?.failed ?? NEVER, drain: end };
}

/** The same promise for everybody who asks. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

function drainTimes({ drainMs = DEFAULT_DRAIN_MS, drainDelayMs = 0 }: ServeOptions): DrainTimes {
  return { drainMs, drainDelayMs, clock: systemClock };
}

function portNumbers({ grpcPort, restPort, adminPort }: Ports): Partial<RunningServer> {
  return {
    ...(grpcPort === undefined ? {} : { grpcPort }),
    ...(restPort === undefined ? {} : { restPort }),
    ...(adminPort === undefined ? {} : { adminPort }),
  };
}

function makeManager(
  options: ServeOptions,
  models: readonly ModelConfiguration[],
  requestLog: RequestLog | undefined,
  metrics: Metrics | undefined,
  pool: WorkerPool | undefined,
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
      ...(pool ? [pool.prepare] : []),
    ],
  });
  if (metrics) manager.watchPredictions(metrics.predicted);
  return manager;
}

/** What has been counted by all threads. */
function withWorkers(statistics: Statistics, pool: WorkerPool): StatisticsSource {
  return { read: async () => mergeStatistics(await statistics.read(), await pool.statistics()) };
}

/** The ports with the connections that workers have. */
function portsOfWorkers(ports: Ports, pool: WorkerPool): Pick<Ports, "inFlight" | "drain" | "destroy"> {
  return {
    inFlight: () => pool.inFlight(),
    async drain() {
      await Promise.all([ports.drain(), pool.drain()]);
    },
    destroy() {
      ports.destroy();
      pool.destroy();
    },
  };
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

async function endWith(
  error: unknown,
  source: VersionSource,
  manager: Manager,
  pool: WorkerPool | undefined,
): Promise<never> {
  source.stop();
  await manager.close();
  await pool?.close();
  throw error;
}
