// How requests are batched: BatchingParameters with its defaults filled in.
// Source: TensorFlow Serving's session_bundle_config.proto and bundle_factory_util.cc, TensorFlow's
// basic_batch_scheduler.h for what may not be.
// Not here: batching itself.
import type { BatchingParameters } from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { type Problem, problem } from "../../core/errors.ts";

export interface BatchingOptions {
  /** Rows that one request may have, and rows of a batch where no smaller limit is given. */
  readonly maxBatchSize: number;
  /** A batch that is not full is run when its oldest request is this old and a thread is free. */
  readonly batchTimeoutMicros: number;
  /** Batches that may wait for each model; more are refused. */
  readonly maxEnqueuedBatches: number;
  /** Batches that run at once, over all models; undefined lets the engine's cores decide. */
  readonly numBatchThreads: number | undefined;
  readonly threadPoolName: string;
  /** Batches are padded up to the next of these sizes; empty is no padding. */
  readonly allowedBatchSizes: readonly number[];
  /** Whether inputs of different sizes are padded to the largest. */
  readonly padVariableLengthInputs: boolean;
  /** Whether a request may be spread over several batches. */
  readonly enableLargeBatchSplitting: boolean;
  /** Rows of a batch where requests are split. */
  readonly maxExecutionBatchSize: number;
}

/** BasicBatchScheduler's and BatchingSession's own defaults. */
export const DEFAULT_BATCHING: BatchingOptions = {
  maxBatchSize: 1000,
  batchTimeoutMicros: 0,
  maxEnqueuedBatches: 10,
  numBatchThreads: undefined,
  threadPoolName: "model_server_batch_threads",
  allowedBatchSizes: [],
  padVariableLengthInputs: false,
  enableLargeBatchSplitting: false,
  maxExecutionBatchSize: 1000,
};

/** The options that a parameters file means. Every problem of it at once. */
export function batchingOptions(message: BatchingParameters): BatchingOptions | readonly Problem[] {
  const number = (value: bigint | undefined): number | undefined =>
    value === undefined ? undefined : Number(value);
  const maxBatchSize = number(message.maxBatchSize) ?? DEFAULT_BATCHING.maxBatchSize;
  const options: BatchingOptions = {
    maxBatchSize,
    batchTimeoutMicros: number(message.batchTimeoutMicros) ?? DEFAULT_BATCHING.batchTimeoutMicros,
    maxEnqueuedBatches: number(message.maxEnqueuedBatches) ?? DEFAULT_BATCHING.maxEnqueuedBatches,
    numBatchThreads: number(message.numBatchThreads),
    threadPoolName: message.threadPoolName ?? "batch_threads",
    allowedBatchSizes: message.allowedBatchSizes.map(Number),
    padVariableLengthInputs: message.padVariableLengthInputs,
    enableLargeBatchSplitting: message.enableLargeBatchSplitting ?? false,
    maxExecutionBatchSize: number(message.maxExecutionBatchSize) ?? maxBatchSize,
  };
  const problems = whatIsWrong(options);
  return problems.length > 0 ? problems : options;
}

function whatIsWrong(options: BatchingOptions): Problem[] {
  const problems: Problem[] = [];
  const positive = (name: string, value: number): void => {
    if (value < 1) problems.push(problem("BATCHING_NOT_POSITIVE", { name, value }));
  };
  positive("input_batch_size_limit", options.maxBatchSize);
  positive("max_enqueued_batches", options.maxEnqueuedBatches);
  positive("num_batch_threads", options.numBatchThreads ?? 1);
  positive("max_execution_batch_size", options.maxExecutionBatchSize);
  if (options.batchTimeoutMicros < 0) {
    problems.push(
      problem("BATCHING_NEGATIVE", { name: "batch_timeout_micros", value: options.batchTimeoutMicros }),
    );
  }
  const { allowedBatchSizes: allowed, maxBatchSize: limit, maxExecutionBatchSize: execution } = options;
  const last = allowed.at(-1);
  if (last !== undefined && last !== limit) {
    problems.push(problem("BATCHING_ALLOWED_SIZES", { last, expected: limit }));
  }
  if (allowed.some((size, at) => at > 0 && size <= (allowed[at - 1] ?? 0))) {
    problems.push(problem("BATCHING_NOT_INCREASING", {}));
  }
  if (options.enableLargeBatchSplitting && limit < execution) {
    problems.push(problem("BATCHING_EXECUTION_SIZE", { limit, execution }));
  }
  return problems;
}
