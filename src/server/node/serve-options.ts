// What a server is started with. Names are those of the flags that set them (cli/serve/flags.ts).
import type { Engine } from "../../engine/engine.ts";
import type { AccessLogChoice } from "../access-log/access-log.ts";
import type { BatchingOptions } from "../configuration/batching-parameters.ts";
import type { ModelConfiguration } from "../configuration/model-configuration.ts";
import type { MonitoringOptions } from "../configuration/monitoring.ts";
import type { TlsOptions } from "../configuration/tls.ts";
import type { Log, LogLevel } from "../log.ts";
import type { ChannelOptions } from "./http2.ts";
import type { RequestLogFiles } from "./record-files.ts";

/** A model; what is left out is as for one that flags alone tell of. */
export type ServedModel = Pick<ModelConfiguration, "name" | "basePath"> & Partial<ModelConfiguration>;

export interface ServeOptions {
  readonly models: readonly ServedModel[];
  /** gRPC: 0 takes any free port, undefined serves none. */
  readonly port?: number | undefined;
  /** REST: likewise. */
  readonly restApiPort?: number | undefined;
  /** gRPC on a unix socket besides, or alone. */
  readonly grpcSocketPath?: string | undefined;
  /** All addresses by default. */
  readonly host?: string | undefined;
  /** Seconds between two looks for new versions; 0 looks once, a negative number never. */
  readonly fileSystemPollWaitSeconds?: number | undefined;
  /** A file that is read again and again in place of `models`. */
  readonly modelConfigFile?: { readonly path: string; readonly pollWaitSeconds: number } | undefined;
  /** Milliseconds that a prediction over REST may run; 0 and less are no limit. */
  readonly restApiTimeoutMs?: number | undefined;
  /** Milliseconds that a server which is told to end goes on taking requests, while its health already says not to. */
  readonly drainDelayMs?: number | undefined;
  /** Milliseconds that requests in flight have to end in when the server drains. */
  readonly drainMs?: number | undefined;
  readonly maxBodyBytes?: number | undefined;
  readonly maxMessageBytes?: number | undefined;
  readonly maxLoadRetries?: number | undefined;
  readonly loadRetryIntervalMs?: number | undefined;
  /** Models loaded at once; 0 is as many as there are cores. */
  readonly numLoadThreads?: number | undefined;
  /** Threads inside one run; 0 lets the engine choose. */
  readonly intraOpThreads?: number | undefined;
  readonly enableCors?: boolean | undefined;
  /** Whether REST answers are compressed for clients that ask for it. */
  readonly compressRest?: boolean | undefined;
  readonly allowLabelsForUnavailable?: boolean | undefined;
  readonly refuseBreakingVersions?: boolean | undefined;
  readonly checkMethodNames?: boolean | undefined;
  readonly tensorContent?: boolean | undefined;
  /** Replays a version's warm-up file, and makes up a request for each signature without one. */
  readonly warmUp?: { readonly iterations: number; readonly synthetic: boolean } | undefined;
  readonly batching?: { readonly options: BatchingOptions; readonly perModel: boolean } | undefined;
  readonly monitoring?: MonitoringOptions | undefined;
  readonly grpcTls?: TlsOptions | undefined;
  readonly restTls?: TlsOptions | undefined;
  readonly grpcChannel?: ChannelOptions | undefined;
  /** Whether calls that change something are served beside those that do not. */
  readonly adminOnServingPorts?: boolean | undefined;
  /** A listener for calls that change something, REST and gRPC: 0 takes any free port, undefined serves none. */
  readonly adminPort?: number | undefined;
  /** Loopback by default; any other address wants tokens. */
  readonly adminHost?: string | undefined;
  /** Secrets, one of which those calls must carry; undefined lets all callers in. */
  readonly adminTokens?: readonly string[] | undefined;
  /** Changes which messages are logged. */
  readonly setLogLevel?: ((level: LogLevel) => void) | undefined;
  /** Connections that each listener holds; 0 is no limit. */
  readonly maxConnections?: number | undefined;
  /** Requests that are worked on at once, over all listeners; 0 is no limit. */
  readonly maxRequestsInFlight?: number | undefined;
  /** Milliseconds that a client has to send a request's headers in; 0 is for ever. */
  readonly headerTimeoutMs?: number | undefined;
  /** Milliseconds that a client may pause while it sends a request; 0 is for ever. */
  readonly receiveIdleMs?: number | undefined;
  /** How requests are written to files, and where those of models go whose configuration does not say. */
  readonly requestLog?: Partial<RequestLogFiles> | undefined;
  /** Which requests are logged when they were answered; none by default. */
  readonly accessLog?: AccessLogChoice | undefined;
  /** Under `strict`, ends the wait for the first models; startServer then throws. */
  readonly stopping?: AbortSignal | undefined;
  /** As TensorFlow Serving does it, also where we do otherwise on purpose. */
  readonly strict?: boolean | undefined;
  /** grpc.health.v1. */
  readonly healthService?: boolean | undefined;
  /** The server's own version, as it tells it. */
  readonly version?: string | undefined;
  /** Whether a version may be a file of PyTorch's, which the engine converts. */
  readonly modelFiles?: boolean | undefined;
  /** Threads that speak the protocols; with 1, the default, the main thread does. */
  readonly workers?: number | undefined;
  /** What a worker's thread runs; a test may put its own in its place. */
  readonly workerFile?: string | undefined;
  readonly engine: Engine;
  readonly log: Log;
}
