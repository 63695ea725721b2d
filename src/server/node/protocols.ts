// The protocols that the server speaks, each one line.
import { adminProtocol } from "../admin/protocol.ts";
import type { Configurator } from "../configuration/configurator.ts";
import { grpcHealth } from "../health/grpc-health.ts";
import type { Health } from "../health/health.ts";
import { restHealth } from "../health/rest-health.ts";
import type { Models } from "../manager/manager.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { metricsProtocol } from "../metrics/metrics-protocol.ts";
import { openInference } from "../open-inference/protocol.ts";
import type { StatisticsSource } from "../predict/statistics.ts";
import type { Protocol } from "../protocol.ts";
import { tensorflowServing } from "../tensorflow-serving/protocol.ts";
import type { ServeOptions } from "./serve-options.ts";

/** TensorFlow Serving's default of --rest_api_timeout_in_ms. */
const DEFAULT_REST_TIMEOUT_MS = 30_000;

export interface ProtocolParts {
  readonly models: Models;
  readonly configurator: Pick<Configurator, "reload" | "labels" | "setLabel" | "load" | "unload">;
  readonly health: Health;
  readonly statistics: StatisticsSource;
  readonly metrics: Metrics | undefined;
}

/** Of the server's options; of the engine the name is told. */
export type ProtocolOptions = Omit<ServeOptions, "models" | "engine" | "log"> & {
  readonly engine: { readonly name: string };
};

/** All of them; the first that serves an address answers. */
export function protocolsOf(
  options: ProtocolOptions,
  { models, configurator, health, statistics, metrics }: ProtocolParts,
): Protocol[] {
  const { strict, setLogLevel, restApiTimeoutMs = DEFAULT_REST_TIMEOUT_MS } = options;
  const timeoutMs = restApiTimeoutMs > 0 ? restApiTimeoutMs : undefined;
  const { maxBodyBytes } = options;
  const inference = (): Protocol =>
    openInference({
      models,
      health,
      statistics,
      repository: configurator,
      engine: options.engine.name,
      serverVersion: options.version ?? "",
      timeoutMs,
      maxBodyBytes,
      compress: options.compressRest,
    });
  const metricsPath = options.monitoring?.prometheusPath;
  return [
    ...(metrics && metricsPath !== undefined ? [metricsProtocol(metricsPath, metrics)] : []),
    tensorflowServing({
      models,
      requests: metrics?.requests,
      strict,
      checkMethodNames: options.checkMethodNames,
      tensorContent: options.tensorContent,
      timeoutMs,
      maxBodyBytes,
      enableCors: options.enableCors,
      compress: options.compressRest,
      reload: (config, waitMs) => configurator.reload(config, waitMs),
    }),
    ...(options.healthService === false ? [] : [grpcHealth(health)]),
    // Addresses that TensorFlow Serving does not have.
    ...(strict ? [] : [inference(), restHealth(health), adminProtocol({ configurator, setLogLevel })]),
  ];
}
