// Mistakes in how a command or a function was called.
import type { ErrorRow } from "./row.ts";

export const USAGE_ERRORS = {
  USAGE: { exit: 2, http: 400, grpc: 3, text: "{message}" },
} as const satisfies Record<string, ErrorRow>;
