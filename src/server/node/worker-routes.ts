// A worker's routes: the protocols' own, but for what only the main thread can answer.
import type { Configurator } from "../configuration/configurator.ts";
import type { Health } from "../health/health.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { metricsProtocol } from "../metrics/metrics-protocol.ts";
import { joinRoutes, NO_ROUTES, type Protocol, type Routes } from "../protocol.ts";
import { type Forward, forwardedRoutes, statisticsRoutes } from "../workers/forward.ts";
import type { ServedModels } from "../workers/served-models.ts";
import { protocolsOf } from "./protocols.ts";
import { listenerRoutes } from "./routes.ts";
import type { WorkerOptions } from "./worker-start.ts";

export interface WorkerParts {
  readonly models: ServedModels;
  readonly health: Health;
  readonly metrics: Metrics | undefined;
}

/** The routes of the serving ports. */
export function workerRoutes(options: WorkerOptions, parts: WorkerParts, forward: Forward): Routes {
  const { adminOnServingPorts = false, strict = false, monitoring } = options;
  const elsewhere = { configurator: ELSEWHERE, statistics: { read: answersNone } };
  const protocols = protocolsOf(options, { ...parts, ...elsewhere }).map(
    (protocol): Protocol => ({
      ...protocol,
      admin: forwardedRoutes(protocol.admin, forward),
    }),
  );
  // The main thread has the guard.
  const { serving } = listenerRoutes(protocols, {
    openAdmin: adminOnServingPorts || strict,
    guard: () => undefined,
    guardServing: false,
  });
  const path = monitoring?.prometheusPath;
  const metrics =
    parts.metrics && path !== undefined ? metricsProtocol(path, parts.metrics).serving : NO_ROUTES;
  const counts = joinRoutes([
    forwardedRoutes(metrics, forward),
    strict ? NO_ROUTES : statisticsRoutes(forward),
  ]);
  // Of REST's routes the first counts, of gRPC's the last.
  return { rest: [...counts.rest, ...serving.rest], grpc: new Map([...serving.grpc, ...counts.grpc]) };
}

const answersNone = (): never => {
  throw new Error("this is the main thread's to answer");
};

/** What the forwarded routes would ask. */
const ELSEWHERE: Pick<Configurator, "reload" | "labels" | "setLabel" | "load" | "unload"> = {
  reload: answersNone,
  labels: answersNone,
  setLabel: answersNone,
  load: answersNone,
  unload: answersNone,
};
