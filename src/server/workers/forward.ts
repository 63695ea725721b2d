// Requests that only the main thread can answer: those that change something, and those that want all threads' counts.
// A worker sends them whole, and the main thread answers them by its own routes, guards and all.
// Invariant: what is sent is bounded; a longer body is refused by the main thread, which is sent one byte too many.
import { Problem } from "../../core/errors.ts";
import type { GrpcMethod, GrpcReply } from "../grpc/call.ts";
import { SERVICE } from "../open-inference/grpc/route.ts";
import { isOpenInference, routeOf } from "../open-inference/rest/route.ts";
import type { Routes } from "../protocol.ts";
import { dispatchRest } from "../rest/dispatch.ts";
import type { RestRequest, RestResponse, RestRoute } from "../rest/message.ts";
import { type Answer, type ForwardedGrpc, type ForwardedRest, plainProblem, problemOf } from "./messages.ts";

/** Headers that any of those requests is answered by. */
const HEADERS = [
  "authorization",
  "origin",
  "content-type",
  "content-encoding",
  "accept-encoding",
  "inference-header-content-length",
];

/** What the main thread's routes take, and a byte more. */
const MAX_BODY_BYTES = 16 * 2 ** 20 + 1;

/** Sends a request to the main thread. */
export interface Forward {
  rest(request: ForwardedRest): Promise<Answer>;
  grpc(call: ForwardedGrpc): Promise<Answer>;
}

/** The same addresses, answered by the main thread. */
export function forwardedRoutes({ rest, grpc }: Routes, forward: Forward): Routes {
  return {
    rest: rest.map((route) => ({ ...route, handle: (request) => forwardRest(request, forward) })),
    grpc: new Map([...grpc].map(([path, method]) => [path, forwardedMethod(path, method, forward)])),
  };
}

/** The addresses of what all threads have counted, but for those of metrics. They go before the protocols' own. */
export function statisticsRoutes(forward: Forward): Routes {
  const route: RestRoute = {
    serves: (url) => isOpenInference(url) && isStatistics(url),
    handle: (request) => forwardRest(request, forward),
  };
  const path = `/${SERVICE}/ModelStatistics`;
  const method: GrpcMethod = { handle: async () => [] };
  return { rest: [route], grpc: new Map([[path, forwardedMethod(path, method, forward)]]) };
}

/** The main thread's answers. */
export function answerForwarded(routes: Routes): {
  rest(request: ForwardedRest): Promise<Answer>;
  grpc(call: ForwardedGrpc): Promise<Answer>;
} {
  const dispatch = dispatchRest(routes.rest);
  return {
    async rest({ method, url, headers, body }) {
      const header = (name: string): string | undefined => headers.get(name);
      const response = await dispatch({ method, url, header, body: [body] });
      return { rest: { status: response.status, headers: response.headers, body: joined(response.body) } };
    },
    async grpc({ path, message, timeoutMs, headers }) {
      const method = routes.grpc.get(path);
      if (!method || !("handle" in method)) throw new Error(`${path} is not a call that is answered once`);
      const reply = await method.handle({ message, timeoutMs, header: (name) => headers.get(name) });
      return reply instanceof Problem ? { failure: [plainProblem(reply)] } : { grpc: joined(reply) };
    },
  };
}

function isStatistics(url: string): boolean {
  const ask = routeOf(url)?.question.ask;
  return ask === "statistics" || ask === "model-statistics";
}

async function forwardRest(request: RestRequest, forward: Forward): Promise<RestResponse> {
  const { method, url, header } = request;
  const body = await bodyOf(request);
  const { rest, failure } = await forward.rest({ method, url, headers: sentHeaders(header), body });
  if (!rest) throw new Error(`${url}: the main thread did not answer: ${JSON.stringify(failure)}`);
  return { ...rest, body: [rest.body] };
}

function forwardedMethod(path: string, method: GrpcMethod, forward: Forward): GrpcMethod {
  // A stream among them would have to be told piece by piece; none of the protocols has one.
  if (!("handle" in method)) return method;
  return {
    ...method,
    handle: async ({ message, timeoutMs, header }): Promise<GrpcReply> => {
      const answer = await forward.grpc({ path, message, timeoutMs, headers: sentHeaders(header) });
      if (answer.grpc) return [answer.grpc];
      const [first] = typeof answer.failure === "object" ? answer.failure : [];
      if (first) return problemOf(first);
      throw new Error(`${path}: the main thread did not answer: ${JSON.stringify(answer.failure)}`);
    },
  };
}

function sentHeaders(header: ((name: string) => string | undefined) | undefined): Map<string, string> {
  const sent = new Map<string, string>();
  for (const name of HEADERS) {
    const value = header?.(name);
    if (value !== undefined) sent.set(name, value);
  }
  return sent;
}

async function bodyOf({ body }: RestRequest): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(piece.subarray(0, MAX_BODY_BYTES - bytes));
    bytes += pieces.at(-1)?.length ?? 0;
    if (bytes >= MAX_BODY_BYTES) break;
  }
  return joined(pieces);
}

/** One piece of memory of its own, so that no more than it is copied on the way. */
function joined(pieces: Iterable<Uint8Array>): Uint8Array {
  const all = [...pieces];
  const bytes = new Uint8Array(all.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of all) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
