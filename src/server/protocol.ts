// What a protocol brings to the server: its routes on the REST port, its methods on the gRPC port.
// Invariant: what changes something is apart from what only answers, so that it can be kept to another listener.
import type { DescFile } from "@bufbuild/protobuf";
import { problem } from "../core/errors.ts";
import type { GrpcMethod, GrpcMethods } from "./grpc/call.ts";
import type { RestRoute } from "./rest/message.ts";
import { errorResponse } from "./tensorflow-serving/rest/errors.ts";

export interface Routes {
  readonly rest: readonly RestRoute[];
  readonly grpc: GrpcMethods;
}

export interface Protocol {
  /** Calls that only answer. */
  readonly serving: Routes;
  /** Calls that change what is served: reload, load, unload. */
  readonly admin: Routes;
  /** The files that describe its gRPC services, for reflection. */
  readonly files: readonly DescFile[];
}

export const NO_ROUTES: Routes = { rest: [], grpc: new Map() };

/** Several protocols' routes as one; the first that serves an address answers. */
export function joinRoutes(all: readonly Routes[]): Routes {
  return {
    rest: all.flatMap((routes) => routes.rest),
    grpc: new Map(all.flatMap((routes) => [...routes.grpc])),
  };
}

/** What the serving ports answer in place of calls that change something. */
export function refusedAdmin({ rest, grpc }: Routes): Routes {
  const elsewhere = (method: string): GrpcMethod => ({
    handle: async () => problem("ADMIN_ELSEWHERE", { method }),
  });
  return {
    rest: rest.map((route) => ({
      ...route,
      handle: async ({ url }) => errorResponse(problem("ADMIN_ELSEWHERE", { method: url })),
    })),
    grpc: new Map([...grpc.keys()].map((path) => [path, elsewhere(path)])),
  };
}
