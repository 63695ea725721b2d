// Models that were read but cannot be converted.
import type { ErrorRow } from "./row.ts";

export const CONVERSION_ERRORS = {
  OPERATOR_UNSUPPORTED: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: {operator} at {where} is not supported: {reason}",
  },
  BATCH_FIXED: {
    exit: 4,
    http: 400,
    grpc: 9,
    text: "{file}: dimension {axis} of input '{input}' is fixed to {size} (first read by {where}); a free batch is wanted: export the model with dynamic_shapes, name another dimension with --batch-axis, or convert with --batch keep",
  },
} as const satisfies Record<string, ErrorRow>;
