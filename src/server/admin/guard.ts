// Who may call what changes something.
// With tokens: whoever sends one of them. Without: whoever reaches the listener, but for pages in a browser on the same
// machine, which reach loopback too and say where they come from.
// Invariant: comparing takes the same time whatever was sent.
import { createHash, timingSafeEqual } from "node:crypto";
import { type Problem, problem } from "../../core/errors.ts";
import type { GrpcMethod } from "../grpc/call.ts";
import type { Routes } from "../protocol.ts";
import type { RestRoute } from "../rest/message.ts";
import { errorResponse } from "../tensorflow-serving/rest/errors.ts";

/** A header of the request by its lower-case name. */
type Header = (name: string) => string | undefined;

/** Why a request may not be carried out, if it may not. */
export type Guard = (header: Header) => Problem | undefined;

/** A shorter secret can be guessed. */
export const MIN_TOKEN_CHARACTERS = 16;

/** Lets those in who send `authorization: Bearer TOKEN` with one of the tokens; without tokens, all but web pages. */
export function guardOf(tokens: readonly string[] | undefined): Guard {
  if (!tokens) {
    return (header) => (header("origin") === undefined ? undefined : problem("ADMIN_FROM_A_PAGE", {}));
  }
  const digests = tokens.map(digest);
  return (header) => {
    const sent = digest(/^Bearer +(\S+) *$/i.exec(header("authorization") ?? "")?.[1] ?? "");
    // All of them are compared, whichever fits.
    const fits = digests.filter((one) => timingSafeEqual(one, sent)).length > 0;
    return fits ? undefined : problem("ADMIN_TOKEN", {});
  };
}

/** The tokens of a file, one a line, so that a new one can be handed out before the old one goes. */
export function readTokens(file: string, text: string): readonly string[] | Problem {
  const tokens = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const short = tokens.some((token) => token.length < MIN_TOKEN_CHARACTERS || /\s/.test(token));
  return tokens.length === 0 || short
    ? problem("ADMIN_TOKEN_FILE", { file, characters: MIN_TOKEN_CHARACTERS })
    : tokens;
}

/** The same routes behind the guard. */
export function guarded({ rest, grpc }: Routes, guard: Guard): Routes {
  return {
    rest: rest.map((route) => guardedRoute(route, guard)),
    grpc: new Map([...grpc].map(([path, method]) => [path, guardedMethod(method, guard)])),
  };
}

function guardedRoute(route: RestRoute, guard: Guard): RestRoute {
  return {
    ...route,
    handle: async (request) => {
      const refusal = guard(request.header);
      return refusal ? errorResponse(refusal) : route.handle(request);
    },
  };
}

function guardedMethod(method: GrpcMethod, guard: Guard): GrpcMethod {
  if ("handle" in method) {
    return { ...method, handle: async (call) => guard(call.header ?? NONE) ?? method.handle(call) };
  }
  return {
    async *stream(messages, gone, header) {
      const refusal = guard(header ?? NONE);
      if (refusal) yield refusal;
      else yield* method.stream(messages, gone, header);
    },
  };
}

const NONE: Header = () => undefined;

function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
