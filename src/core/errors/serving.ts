// What a server answers with. Sentences of TensorFlow Serving are kept word for word: clients match on them.
import type { ErrorRow } from "./row.ts";

export const SERVING_ERRORS = {
  MODEL_NOT_FOUND: { exit: 1, http: 404, grpc: 5, text: "Servable not found for request: {request}" },
} as const satisfies Record<string, ErrorRow>;
