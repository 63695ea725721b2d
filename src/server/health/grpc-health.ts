// grpc.health.v1: Check answers once, Watch until the client goes or the server drains.
// Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md
import { create, toBinary } from "@bufbuild/protobuf";
import {
  file_grpc_health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
} from "../../bytes/protobuf/generated/grpc_health_pb.ts";
import { Problem, problem } from "../../core/errors.ts";
import type { GrpcCall, GrpcMethod, GrpcMethods, GrpcReply } from "../grpc/call.ts";
import { parseMessage } from "../grpc/parse-message.ts";
import { NO_ROUTES, type Protocol } from "../protocol.ts";
import type { Health } from "./health.ts";

/** HealthCheckResponse.ServingStatus */
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

/** The service as a protocol. */
export function grpcHealth(health: Health): Protocol {
  return { serving: { rest: [], grpc: healthMethods(health) }, admin: NO_ROUTES, files: [file_grpc_health] };
}

function healthMethods(health: Health): GrpcMethods {
  return new Map<string, GrpcMethod>([
    [
      "/grpc.health.v1.Health/Check",
      { handle: async (call: GrpcCall) => check(health, call.message), light: true },
    ],
    ["/grpc.health.v1.Health/Watch", { stream: (messages, gone) => watch(health, messages, gone) }],
  ]);
}

function check(health: Health, message: Uint8Array): GrpcReply {
  const request = parseMessage(HealthCheckRequestSchema, message);
  if (request instanceof Problem) return request;
  const { service } = request;
  return health.knows(service) ? response(statusOf(health)) : problem("HEALTH_UNKNOWN_SERVICE", { service });
}

async function* watch(
  health: Health,
  messages: AsyncIterable<Uint8Array>,
  gone: AbortSignal,
): AsyncGenerator<GrpcReply> {
  const first = await messages[Symbol.asyncIterator]().next();
  const request = first.done
    ? problem("GRPC_NO_MESSAGE", { count: 0 })
    : parseMessage(HealthCheckRequestSchema, first.value);
  if (request instanceof Problem) {
    yield request;
    return;
  }
  let last: number | undefined;
  while (!gone.aborted) {
    const changed = health.changed(gone);
    const status = health.knows(request.service) ? statusOf(health) : SERVICE_UNKNOWN;
    if (status !== last) yield response(status);
    last = status;
    // A watcher that stayed would keep the connection, and with it the server, from ending.
    if (health.state === "draining") {
      yield problem("SERVER_DRAINING", {});
      return;
    }
    await changed;
  }
}

function statusOf(health: Health): number {
  return health.state === "serving" ? SERVING : NOT_SERVING;
}

function response(status: number): readonly Uint8Array[] {
  return [toBinary(HealthCheckResponseSchema, create(HealthCheckResponseSchema, { status }))];
}
