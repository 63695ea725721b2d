// Which share of a model's requests is logged, and where: LoggingConfig with what it may say checked.
// Source: TensorFlow Serving's config/logging_config.proto and log_collector_config.proto. Its open build has no collector
// of its own, so that the names of types are ours.
import type { LoggingConfig } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { type Problem, problem } from "../../core/errors.ts";

export interface Logging {
  /** What the files' names begin with. */
  readonly prefix: string;
  /** The share of requests that is logged, from 0 to 1. */
  readonly samplingRate: number;
}

const TYPES: ReadonlySet<string> = new Set(["", "tfrecord", "file"]);

/** What a model's configuration asks for. All that is wrong comes back. */
export function loggingOf(model: string, config: LoggingConfig): Logging | readonly Problem[] {
  const { type = "", filenamePrefix: prefix = "" } = config.logCollectorConfig ?? {};
  const samplingRate = config.samplingConfig?.samplingRate ?? 0;
  const problems: Problem[] = [];
  if (!TYPES.has(type)) problems.push(problem("REQUEST_LOG_TYPE", { model, type }));
  if (!(samplingRate >= 0 && samplingRate <= 1)) {
    problems.push(problem("REQUEST_LOG_RATE", { model, rate: samplingRate }));
  }
  if (samplingRate > 0 && prefix === "") problems.push(problem("REQUEST_LOG_PREFIX", { model }));
  return problems.length > 0 ? problems : { prefix, samplingRate };
}
