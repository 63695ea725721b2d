// What a running model or its engine can refuse.
import type { ErrorRow } from "./row.ts";

export const ENGINE_ERRORS = {
  ENGINE_FAILED: { exit: 1, http: 500, grpc: 13, text: "{model}: the engine failed: {reason}" },
} as const satisfies Record<string, ErrorRow>;
