// Puts the server together: source -> manager -> predict -> protocols -> ports.
// Ports open at once, before any model is loaded: the status of a model that loads can be asked for.
// Not here: flags (cli/), the pieces themselves.
import { FerryError, Problem } from "../../core/errors.ts";
import type { Engine } from "../../engine/engine.ts";
import { systemClock } from "../clock.ts";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../grpc/frames.ts";
import type { Log } from "../log.ts";
import { DEFAULT_RETRY, Manager } from "../manager/manager.ts";
import { VersionSource } from "../source/version-source.ts";
import { tensorflowServingMethods } from "../tensorflow-serving/grpc/route.ts";
import { handleRest } from "../tensorflow-serving/rest/handle.ts";
import { disk } from "./disk.ts";
import { drain } from "./drain.ts";
import { createRestServer } from "./http1.ts";
import { createGrpcServer } from "./http2.ts";
import { listen } from "./listen.ts";

export interface ServeOptions {
  readonly models: readonly { readonly name: string; readonly basePath: string }[];
  /** gRPC: 0 takes any free port, undefined serves none. */
  readonly port?: number | undefined;
  /** REST: likewise. */
  readonly restApiPort?: number | undefined;
  /** All addresses by default. */
  readonly host?: string | undefined;
  /** Seconds between two looks for new versions; 0 looks once, a negative number never. */
  readonly fileSystemPollWaitSeconds?: number | undefined;
  /** Milliseconds that a prediction over REST may run; 0 and less are no limit. */
  readonly restApiTimeoutMs?: number | undefined;
  /** Milliseconds that requests in flight have to end in when the server drains. */
  readonly drainMs?: number | undefined;
  readonly maxBodyBytes?: number | undefined;
  readonly maxMessageBytes?: number | undefined;
  readonly maxLoadRetries?: number | undefined;
  readonly loadRetryIntervalMs?: number | undefined;
  readonly enableCors?: boolean | undefined;
  readonly engine: Engine;
  readonly log: Log;
}

export interface RunningServer {
  readonly grpcPort?: number;
  readonly restPort?: number;
  /** Every model has an available version. Rejects when one has failed for good. */
  readonly available: Promise<void>;
  /** Accepts nothing new, finishes what is in flight within drainMs, unloads, and closes. */
  drain(): Promise<void>;
}

const DEFAULT_HOST = "0.0.0.0";
/** TensorFlow Serving's defaults of --file_system_poll_wait_seconds and --rest_api_timeout_in_ms. */
const DEFAULT_POLL_WAIT_SECONDS = 1;
const DEFAULT_REST_TIMEOUT_MS = 30_000;
/** Kubernetes grants 30 s between SIGTERM and SIGKILL. */
const DEFAULT_DRAIN_MS = 25_000;

/** Starts serving. Throws a row of the errors table if a port cannot be had. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const { engine, log, models } = options;
  const retry = {
    maxLoadRetries: options.maxLoadRetries ?? DEFAULT_RETRY.maxLoadRetries,
    loadRetryIntervalMs: options.loadRetryIntervalMs ?? DEFAULT_RETRY.loadRetryIntervalMs,
  };
  const names = models.map((model) => model.name);
  const manager = new Manager({ engine, clock: systemClock, log, models: names, retry });
  const rest = options.restApiPort === undefined ? undefined : makeRest(options, manager);
  const grpc = options.port === undefined ? undefined : makeGrpc(options, manager);
  const host = options.host ?? DEFAULT_HOST;
  try {
    const grpcPort = grpc && (await listen(grpc.server, options.port ?? 0, host));
    if (grpcPort !== undefined) log("info", `Running gRPC ModelServer at ${host}:${grpcPort} ...`);
    const restPort = rest && (await listen(rest.server, options.restApiPort ?? 0, host));
    if (restPort !== undefined) log("info", `Exporting HTTP/REST API at:localhost:${restPort} ...`);
    const source = watch(options, manager);
    const drainMs = options.drainMs ?? DEFAULT_DRAIN_MS;
    let draining: Promise<void> | undefined;
    return {
      ...(grpcPort === undefined ? {} : { grpcPort }),
      ...(restPort === undefined ? {} : { restPort }),
      available: availability(manager),
      drain: () => {
        draining ??= drain({ source, rest, grpc, manager, drainMs, log });
        return draining;
      },
    };
  } catch (error) {
    grpc?.server.close();
    rest?.server.close();
    throw error;
  }
}

function makeRest(options: ServeOptions, models: Manager) {
  const timeoutMs = options.restApiTimeoutMs ?? DEFAULT_REST_TIMEOUT_MS;
  const context = {
    models,
    timeoutMs: timeoutMs > 0 ? timeoutMs : undefined,
    maxBodyBytes: options.maxBodyBytes,
    enableCors: options.enableCors,
  };
  return createRestServer((request) => handleRest(request, context), options.log);
}

function makeGrpc(options: ServeOptions, models: Manager) {
  return createGrpcServer({
    methods: tensorflowServingMethods(models),
    maxMessageBytes: options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
    log: options.log,
  });
}

function watch(options: ServeOptions, manager: Manager): VersionSource {
  const seconds = options.fileSystemPollWaitSeconds ?? DEFAULT_POLL_WAIT_SECONDS;
  const source = new VersionSource({
    fileSystem: disk,
    clock: systemClock,
    log: options.log,
    models: options.models,
    pollWaitMs: seconds * 1000,
    aspire: (model, versions) => manager.setAspired(model, versions),
  });
  void source.start();
  return source;
}

function availability(manager: Manager): Promise<void> {
  const available = manager.available().catch((reason: unknown) => {
    throw reason instanceof Problem ? new FerryError([reason]) : reason;
  });
  // Whoever does not ask for it must not be brought down by it.
  available.catch(() => undefined);
  return available;
}
