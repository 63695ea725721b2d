// Models that were read but cannot be converted.
import type { ErrorRow } from "./row.ts";

export const CONVERSION_ERRORS = {
  OPERATOR_UNSUPPORTED: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: {operator} at {where} is not supported: {reason}",
  },
  ENDPOINT_NO_TENSOR: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: {endpoint} '{name}' is {found}; a SavedModel takes and gives tensors of types that its kernels know; let the model take or give such tensors, the elements of a sequence one by one",
  },
  WEIGHTS_TOO_LARGE: {
    exit: 2,
    http: 400,
    grpc: 3,
    text: "{file}: its weights have {size}, and it can hold no more than 2 GB, protobuf's limit; leave '--weights constants' out: weights then stand in variables/, which has no limit. Nothing was written",
  },
  BATCH_FIXED: {
    exit: 4,
    http: 400,
    grpc: 9,
    text: "{file}: the batch is fixed to {size}: {reason}; a free batch is wanted: export the model with dynamic_shapes, name the axis of the batch with --batch-axis, or convert without --batch dynamic",
  },
} as const satisfies Record<string, ErrorRow>;
