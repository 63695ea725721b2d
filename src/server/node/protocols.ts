// The protocols that the server speaks, each one line.
import { adminProtocol } from "../admin/protocol.ts";
import { systemClock } from "../clock.ts";
import type { Configurator } from "../configuration/configurator.ts";
import { grpcHealth } from "../health/grpc-health.ts";
import type { Health } from "../health/health.ts";
import { restHealth } from "../health/rest-health.ts";
import type { Manager } from "../manager/manager.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { metricsProtocol } from "../metrics/metrics-protocol.ts";
import { openInference } from "../open-inference/protocol.ts";
import { Statistics } from "../predict/statistics.ts";
import type { Protocol } from "../protocol.ts";
import { tensorflowServing } from "../tensorflow-serving/protocol.ts";
import type { ServeOptions } from "./serve-options.ts";

/** TensorFlow Serving's default of --rest_api_timeout_in_ms. */
const DEFAULT_REST_TIMEOUT_MS = 30_000;

export interface ProtocolParts {
  readonly models: Manager;
  readonly configurator: Configurator;
  readonly health: Health;
  readonly metrics: Metrics | undefined;
}

/** All of them; the first that serves an address answers. */
export function protocolsOf(
  options: ServeOptions,
  { models, configurator, health, metrics }: ProtocolParts,
): Protocol[] {
  const { strict, setLogLevel, restApiTimeoutMs = DEFAULT_REST_TIMEOUT_MS } = options;
  const timeoutMs = restApiTimeoutMs > 0 ? restApiTimeoutMs : undefined;
  const { maxBodyBytes } = options;
  const inference = (): Protocol => {
    const statistics = new Statistics(systemClock);
    models.watchPredictions(statistics.listener);
    return openInference({
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
  };
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
