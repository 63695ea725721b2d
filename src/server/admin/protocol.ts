// Our own calls that change something, over REST: the configuration, a model's labels, how much is logged.
//   POST   /admin/v1/config                     a ModelServerConfig in text form or JSON, which replaces the whole one
//   GET    /admin/v1/models/M/labels            {"labels": {"stable": "3"}}
//   PUT    /admin/v1/models/M/labels/L          {"version": 3}
//   DELETE /admin/v1/models/M/labels/L
//   PUT    /admin/v1/log_level                  {"level": "debug"}
// Not here: who may call (guard.ts), other protocols' calls of the kind, which stand with those protocols.
import { Problem, problem } from "../../core/errors.ts";
import type { Configurator } from "../configuration/configurator.ts";
import type { LogLevel } from "../log.ts";
import type { Protocol } from "../protocol.ts";
import { jsonResponse, type RestRequest, type RestResponse, type RestRoute } from "../rest/message.ts";
import { errorResponse } from "../tensorflow-serving/rest/errors.ts";
import { readConfig, readLogLevel, readVersion } from "./read-body.ts";

export interface AdminContext {
  readonly configurator: Pick<Configurator, "reload" | "labels" | "setLabel">;
  /** Undefined where the log cannot be changed. */
  readonly setLogLevel?: ((level: LogLevel) => void) | undefined;
}

const ADDRESS = /^\/admin\//;
const LABELS = /^\/admin\/v1\/models\/([^/?]+)\/labels(?:\/([^/?]+))?$/;

/** The calls as a protocol. All of them are admin's, those that only tell too. */
export function adminProtocol(context: AdminContext): Protocol {
  const route: RestRoute = {
    serves: (url) => ADDRESS.test(url),
    handle: async (request) => {
      const result = await answer(request, context);
      return result instanceof Problem ? errorResponse(result) : result;
    },
  };
  return { serving: { rest: [], grpc: new Map() }, admin: { rest: [route], grpc: new Map() }, files: [] };
}

async function answer(request: RestRequest, context: AdminContext): Promise<RestResponse | Problem> {
  const { method, url } = request;
  const [, model, label] = LABELS.exec(url) ?? [];
  if (method === "POST" && url === "/admin/v1/config") return replaceConfig(request, context);
  if (method === "PUT" && url === "/admin/v1/log_level" && context.setLogLevel) {
    return changeLogLevel(request, context.setLogLevel);
  }
  if (model !== undefined && label !== undefined && (method === "PUT" || method === "DELETE")) {
    return changeLabel(request, decoded(model), decoded(label), context);
  }
  if (model !== undefined && label === undefined && method === "GET")
    return tellLabels(decoded(model), context);
  return problem("ADMIN_NO_SUCH_CALL", { method, path: url });
}

async function replaceConfig(
  request: RestRequest,
  { configurator }: AdminContext,
): Promise<RestResponse | Problem> {
  const config = await readConfig(request);
  if (config instanceof Problem) return config;
  const failures = await configurator.reload(config);
  const [first] = failures;
  if (!first) return done();
  const reasons = failures.map((failure) => failure.message).join("; ");
  return failures.length === 1 ? first : problem("RELOAD_REFUSED", { reasons });
}

async function changeLabel(
  request: RestRequest,
  model: string,
  label: string,
  { configurator }: AdminContext,
): Promise<RestResponse | Problem> {
  const version = request.method === "DELETE" ? undefined : await readVersion(request);
  if (version instanceof Problem) return version;
  return (await configurator.setLabel(model, label, version)) ?? done();
}

function tellLabels(model: string, { configurator }: AdminContext): RestResponse | Problem {
  const labels = configurator.labels(model);
  if (labels instanceof Problem) return labels;
  const texts = Object.fromEntries([...labels].map(([name, version]) => [name, String(version)]));
  return jsonResponse(200, `${JSON.stringify({ labels: texts })}\n`);
}

async function changeLogLevel(
  request: RestRequest,
  setLogLevel: (level: LogLevel) => void,
): Promise<RestResponse | Problem> {
  const level = await readLogLevel(request);
  if (level instanceof Problem) return level;
  setLogLevel(level);
  return done();
}

function done(): RestResponse {
  return jsonResponse(200, "{}\n");
}

/** A name out of an address; one that is not well escaped stands for itself. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // no model is called so, which the answer then says
  }
}
