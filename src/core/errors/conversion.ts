// Models that were read but cannot be converted.
import type { ErrorRow } from "./row.ts";

export const CONVERSION_ERRORS = {
  OPERATOR_UNSUPPORTED: {
    exit: 4,
    http: 400,
    grpc: 12,
    text: "{file}: {operator} at {where} is not supported: {reason}",
  },
} as const satisfies Record<string, ErrorRow>;
