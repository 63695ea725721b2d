// Which model and which question an address means.
// Rules: TensorFlow Serving's http_rest_api_util.cc. The whole of path and query must match, whatever the case, but the
// verb counts only in lower case; a query is part of the last name. Names and labels are percent-decoded afterwards.

import { type Problem, problem } from "../../../core/errors.ts";
import type { ModelSpec } from "../../manager/manager.ts";
import { Remembered } from "../../remembered.ts";

export type RestVerb = "predict" | "classify" | "regress" | "status" | "metadata";

export interface ModelRoute {
  readonly verb: RestVerb;
  readonly model: ModelSpec;
}

/** What an address asks; "models" is the list of them. */
export type AddressRoute = ModelRoute | "models";

const PREDICTION =
  /^\/v1\/models\/([^/:]+)(?:\/versions\/(\d+)|\/labels\/([^/:]+))?:(classify|regress|predict)$/i;
const STATUS = /^\/v1\/models(?:\/([^/:]+))?(?:\/versions\/(\d+)|\/labels\/([^/:]+))?(?:\/(metadata))?$/i;
const SERVED = /^\/v1\/[^\n]*$/i;
const ALL_MODELS = /^\/v1\/models$/i;
const CHARACTER = "(?:[\\w.~!$&'()*+,;=:@/-]|%[\\da-f]{2})";
const CONFORMANT = new RegExp(`^${CHARACTER}*(?:\\?(?:${CHARACTER}|\\?)*)?(?:#(?:${CHARACTER}|\\?)*)?$`, "i");
const MAX_INT64 = 2n ** 63n - 1n;

/** Whether the address is the API's at all; everything else gets libevent's 404 page. */
export function isApiAddress(url: string): boolean {
  return SERVED.test(url);
}

/** Whether path and query are written as RFC 3986 has it; libevent's parser takes nothing else. */
export function isConformant(url: string): boolean {
  return CONFORMANT.test(url);
}

/** The route of a request, or what is wrong with its address. */
export function parseRoute(method: string, url: string): AddressRoute | Problem {
  if (method === "GET" && ALL_MODELS.test(url)) return "models";
  const match = matched(method, url);
  if (!match) return malformed(method, url);
  const [, name, version, label, last] = match;
  if (version !== undefined && BigInt(version) > MAX_INT64) return problem("REST_BAD_VERSION", { version });
  if (method === "POST" && last !== "predict" && last !== "classify" && last !== "regress")
    return malformed(method, url);
  if (name === undefined) return problem("REST_NO_MODEL_NAME", {});
  const model: ModelSpec = {
    name: percentDecoded(name),
    ...(version === undefined ? {} : { version: BigInt(version) }),
    ...(label === undefined ? {} : { label: percentDecoded(label) }),
  };
  // In capitals `METADATA` matches, and asks for the status, as it does there.
  if (method === "GET") return { verb: last === "metadata" ? "metadata" : "status", model };
  return { verb: last as RestVerb, model }; // one of the three, as was checked above
}

/** Clients ask for the same few predictions again and again. */
const MAX_KNOWN = 64;
const MAX_KNOWN_LENGTH = 256;
const KNOWN = new Remembered<ModelRoute>(MAX_KNOWN, MAX_KNOWN_LENGTH);

/** The route of a prediction that was asked for before. */
export function knownPrediction(method: string, url: string): ModelRoute | undefined {
  return method === "POST" ? KNOWN.get(url) : undefined;
}

/** Remembers where a prediction's address leads. */
export function rememberPrediction(url: string, route: ModelRoute): void {
  KNOWN.remember(url, route);
}

function malformed(method: string, path: string): Problem {
  return problem("REST_MALFORMED", { method, path });
}

/** The model that an address names though it cannot be answered, such as one whose version is too large; "" if none. */
export function namedModel(method: string, url: string): string {
  return percentDecoded(matched(method, url)?.[1] ?? "");
}

function matched(method: string, url: string): RegExpExecArray | null {
  return method === "POST" ? PREDICTION.exec(url) : method === "GET" ? STATUS.exec(url) : null;
}

/** curl_easy_unescape: `%41` is A, a percent sign without two hex digits stands for itself. */
function percentDecoded(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = Buffer.from(text);
  const decoded: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const hex = bytes[at] === 0x25 ? bytes.toString("latin1", at + 1, at + 3) : "";
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      decoded.push(Number.parseInt(hex, 16));
      at += 2;
    } else {
      decoded.push(bytes[at] as number);
    }
  }
  return Buffer.from(decoded).toString();
}
