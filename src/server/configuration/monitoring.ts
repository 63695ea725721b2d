// Where metrics are served: MonitoringConfig with its default filled in.
// Source: TensorFlow Serving's config/monitoring_config.proto and util/prometheus_exporter.cc.
// Not here: the metrics.
import type { MonitoringConfig } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";

export interface MonitoringOptions {
  /** The path on the REST port; undefined serves no metrics. */
  readonly prometheusPath: string | undefined;
}

const DEFAULT_PATH = "/monitoring/prometheus/metrics";

/** The options that a monitoring file means. */
export function monitoringOptions({ prometheusConfig }: MonitoringConfig): MonitoringOptions {
  if (!prometheusConfig?.enable) return { prometheusPath: undefined };
  return { prometheusPath: prometheusConfig.path || DEFAULT_PATH };
}
