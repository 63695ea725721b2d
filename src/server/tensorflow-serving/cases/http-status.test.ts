// TensorFlow Serving's ToHTTPStatusCode (model_servers/http_server.cc): each error that both its protocols tell has the
// HTTP status that belongs to its gRPC status.
import { describe, expect, it } from "vitest";
import { SERVING_ERRORS } from "../../../core/errors/serving.ts";
import { SERVING_BATCHING_ERRORS } from "../../../core/errors/serving-batching.ts";
import { SERVING_EXAMPLE_ERRORS } from "../../../core/errors/serving-examples.ts";

/** By the number of absl::StatusCode, which is gRPC's. */
const HTTP_STATUS = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
] as const;

/** Errors of the transport and of starting, which TensorFlow Serving does not have or does not tell over REST. */
const OURS = /^(GRPC_|REST_BODY_TOO_LARGE$|MODELS_UNAVAILABLE$|PORT_DENIED$|VERSION_BREAKS$)/;

describe("http_server: ToHTTPStatusCode", () => {
  const rows = Object.entries({ ...SERVING_ERRORS, ...SERVING_EXAMPLE_ERRORS, ...SERVING_BATCHING_ERRORS });
  it.each(rows.filter(([code]) => !OURS.test(code)))("%s", (_code, { http, grpc }) => {
    expect(http).toBe(HTTP_STATUS[grpc]);
  });
});
