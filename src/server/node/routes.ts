// Which calls each listener serves: those that only answer, on the serving ports; all of them, behind a guard, on the
// admin listener; and where it was asked for, those that change something on the serving ports too.
import { type Guard, guarded } from "../admin/guard.ts";
import { reflectionMethods } from "../grpc/reflection/reflection.ts";
import { joinRoutes, type Protocol, type Routes, refusedAdmin } from "../protocol.ts";

export interface ListenerRoutes {
  readonly serving: Routes;
  readonly admin: Routes;
}

export interface RouteOptions {
  /** Whether the serving ports serve calls that change something. */
  readonly openAdmin: boolean;
  /** Lets callers of these in. The serving ports have none unless there are tokens. */
  readonly guard: Guard;
  readonly guardServing: boolean;
}

/** The routes of both kinds of listeners. */
export function listenerRoutes(
  protocols: readonly Protocol[],
  { openAdmin, guard, guardServing }: RouteOptions,
): ListenerRoutes {
  const serving = joinRoutes(protocols.map((protocol) => protocol.serving));
  const admin = joinRoutes(protocols.map((protocol) => protocol.admin));
  const onServing = openAdmin ? (guardServing ? guarded(admin, guard) : admin) : refusedAdmin(admin);
  return {
    serving: reflected(joinRoutes([serving, onServing]), protocols),
    admin: guarded(reflected(joinRoutes([serving, admin]), protocols), guard),
  };
}

function reflected(routes: Routes, protocols: readonly Protocol[]): Routes {
  const files = protocols.flatMap((protocol) => protocol.files);
  return joinRoutes([routes, { rest: [], grpc: reflectionMethods(routes.grpc, files) }]);
}
