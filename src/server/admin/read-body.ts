// The bodies of admin calls, which are small.
import { fromJsonString } from "@bufbuild/protobuf";
import {
  type ModelServerConfig,
  ModelServerConfigSchema,
} from "../../bytes/protobuf/generated/tensorflow_serving_pb.ts";
import { Problem, problem } from "../../core/errors.ts";
import { readTextConfig } from "../configuration/read-text-config.ts";
import type { LogLevel } from "../log.ts";
import type { RestRequest } from "../rest/message.ts";

/** A configuration of ten thousand models is some megabytes. */
const MAX_BODY_BYTES = 16 * 2 ** 20;
const MAX_INT64 = 2n ** 63n - 1n;
const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** The configuration, in text form or, if it begins with a brace, in JSON. */
export async function readConfig(request: RestRequest): Promise<ModelServerConfig | Problem> {
  const text = await textOf(request);
  if (text instanceof Problem) return text;
  if (!/^\s*\{/.test(text)) return readTextConfig(ModelServerConfigSchema, request.url, text);
  try {
    return fromJsonString(ModelServerConfigSchema, text);
  } catch (error) {
    return unwanted(request, error instanceof Error ? error.message : String(error), "a ModelServerConfig");
  }
}

/** `{"version": 3}`; a version of more than 53 bits is written as text. */
export async function readVersion(request: RestRequest): Promise<bigint | Problem> {
  const version = await fieldOf(request, "version");
  if (version instanceof Problem) return version;
  const digits = typeof version === "number" || typeof version === "string" ? String(version) : "";
  const number = /^\d{1,19}$/.test(digits) ? BigInt(digits) : -1n;
  if (number >= 0n && number <= MAX_INT64) return number;
  return unwanted(request, `version is ${JSON.stringify(version)}`, '{"version": NUMBER}');
}

/** `{"level": "debug"}`. */
export async function readLogLevel(request: RestRequest): Promise<LogLevel | Problem> {
  const level = await fieldOf(request, "level");
  if (level instanceof Problem) return level;
  const found = LEVELS.find((one) => one === level);
  return (
    found ?? unwanted(request, `level is ${JSON.stringify(level)}`, `{"level": one of ${LEVELS.join(", ")}}`)
  );
}

async function fieldOf(request: RestRequest, name: string): Promise<unknown> {
  const text = await textOf(request);
  if (text instanceof Problem) return text;
  try {
    const value: unknown = JSON.parse(text);
    const object = typeof value === "object" && value !== null ? value : {};
    return new Map<string, unknown>(Object.entries(object)).get(name);
  } catch {
    return unwanted(request, "no JSON", `{"${name}": ...}`);
  }
}

async function textOf(request: RestRequest): Promise<string | Problem> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body) {
    size += piece.length;
    if (size > MAX_BODY_BYTES) return problem("REST_BODY_TOO_LARGE", { limit: MAX_BODY_BYTES });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function unwanted(request: RestRequest, reason: string, wanted: string): Problem {
  return problem("ADMIN_BODY", { path: request.url, reason, wanted });
}
