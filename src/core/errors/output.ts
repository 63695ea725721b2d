// Directories and files that cannot be written.
import type { ErrorRow } from "./row.ts";

export const OUTPUT_ERRORS = {
  OUTPUT_DENIED: {
    exit: 1,
    http: 500,
    grpc: 7,
    text: "{path}: cannot be written ({reason}); choose a directory you may write to",
  },
} as const satisfies Record<string, ErrorRow>;
