// What stands in the way of running requests together. Sentences of TensorFlow Serving are kept word for word.
// Source: https://github.com/tensorflow/serving (batching/batching_session.cc), TensorFlow's shared_batch_scheduler.h.
import type { ErrorRow } from "./row.ts";

const INVALID = { exit: 1, http: 400, grpc: 3 } as const;
const FULL = { exit: 1, http: 503, grpc: 14 } as const;

export const SERVING_BATCHING_ERRORS = {
  BATCH_INPUT_RANK: { ...INVALID, text: "Batching Run() input tensors must have at least one dimension" },
  BATCH_INPUT_SIZES: {
    ...INVALID,
    text: "Batching Run() input tensors must have equal 0th-dimension size",
  },
  BATCH_TASK_SIZE: {
    ...INVALID,
    text: "Task size {size} is larger than maximum input batch size {limit}",
  },
  BATCH_QUEUE_FULL: {
    ...FULL,
    text: "The batch scheduling queue to which this task was submitted is full; currently {batches} batches enqueued and max_enqueued_batches is {limit}",
  },
  BATCH_CAPACITY: {
    ...FULL,
    text: "The batch scheduling queue to which this task was submitted is full; task size is {size} but scheduling capacity is only {capacity} (num_enqueued_batches={batches}, max_enqueued_batches={limit}, open_batch_size={open}, max_execution_batch_size={execution})",
  },
} as const satisfies Record<string, ErrorRow>;
