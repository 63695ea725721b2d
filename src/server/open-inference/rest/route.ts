// Which question an address asks.
// Source: https://github.com/kserve/open-inference-protocol (HTTP/REST), Triton's extensions of it. A query means nothing.
import { Remembered } from "../../remembered.ts";

export type Question =
  | { readonly ask: "server" | "live" | "ready" | "models" | "statistics" | "index" }
  | {
      readonly ask: "metadata" | "model-ready" | "infer" | "config" | "model-statistics";
      readonly name: string;
      readonly version: string;
    }
  | { readonly ask: "load" | "unload"; readonly name: string };

export interface Route {
  readonly question: Question;
  /** The one method it is asked by; HEAD goes where GET does. */
  readonly method: "GET" | "POST";
}

const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]*))?(?:\/(ready|infer|config|stats))?\/?$/;
const CONTROL = /^\/v2\/repository\/models\/([^/]+)\/(load|unload)\/?$/;
const OURS = /^\/v2(?:[/?]|$)/;

const SERVER: Readonly<Record<string, Route>> = {
  "/v2": { question: { ask: "server" }, method: "GET" },
  "/v2/health/live": { question: { ask: "live" }, method: "GET" },
  "/v2/health/ready": { question: { ask: "ready" }, method: "GET" },
  "/v2/models": { question: { ask: "models" }, method: "GET" },
  "/v2/models/stats": { question: { ask: "statistics" }, method: "GET" },
  "/v2/repository/index": { question: { ask: "index" }, method: "POST" },
};

const ASKS = { ready: "model-ready", infer: "infer", config: "config", stats: "model-statistics" } as const;

/** Whether an address is the protocol's. */
export function isOpenInference(url: string): boolean {
  return OURS.test(url);
}

/** Whether it changes something. */
export function isControl(url: string): boolean {
  return CONTROL.test(pathOf(url));
}

/** Whether it asks for health, which costs next to nothing. */
export function isHealth(url: string): boolean {
  return pathOf(url).startsWith("/v2/health/");
}

/** Clients ask for the same few inferences again and again. */
const MAX_KNOWN = 64;
const MAX_KNOWN_LENGTH = 256;
const KNOWN = new Remembered<Route>(MAX_KNOWN, MAX_KNOWN_LENGTH);

/** The question; undefined if there is none of that address. */
export function routeOf(url: string): Route | undefined {
  const known = KNOWN.get(url);
  if (known) return known;
  const route = parseRoute(url);
  if (route?.question.ask === "infer") KNOWN.remember(url, route);
  return route;
}

function parseRoute(url: string): Route | undefined {
  const path = pathOf(url);
  const server = path.length > 1 ? SERVER[path.replace(/\/$/, "")] : undefined;
  if (server) return server;
  const [, controlled, verb] = CONTROL.exec(path) ?? [];
  const control = decoded(controlled);
  if (control !== undefined) {
    return { question: { ask: verb === "load" ? "load" : "unload", name: control }, method: "POST" };
  }
  const [, encodedName, encodedVersion = "", last] = MODEL.exec(path) ?? [];
  const name = decoded(encodedName);
  const version = decoded(encodedVersion);
  if (name === undefined || version === undefined) return undefined;
  const ask = last === undefined ? "metadata" : ASKS[last as keyof typeof ASKS]; // the expression knows these alone
  return { question: { ask, name, version }, method: ask === "infer" ? "POST" : "GET" };
}

function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

function decoded(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return undefined; // no such name can be meant
  }
}
