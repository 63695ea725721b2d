// REST as a function: from a request to its answer.
// Rules: TensorFlow Serving's http_server.cc and http_rest_api_handler.cc.
import { Problem, problem } from "../../../core/errors.ts";
import type { CallKind, RequestListener } from "../../metrics/request-metrics.ts";
import { timed } from "../../metrics/timed.ts";
import { compressed, takesGzip } from "../../rest/compress.ts";
import { errorPage } from "../../rest/dispatch.ts";
import type { RestRequest, RestResponse, RestRoute } from "../../rest/message.ts";
import { type Soon, soon } from "../../soon.ts";
import type { RestContext } from "../context.ts";
import { errorResponse } from "./errors.ts";
import { examplesOverRest } from "./examples.ts";
import { metadataOverRest } from "./metadata.ts";
import { predictOverRest } from "./predict.ts";
import {
  type AddressRoute,
  isApiAddress,
  isConformant,
  knownPrediction,
  namedModel,
  parseRoute,
  type RestVerb,
  rememberPrediction,
} from "./route.ts";
import { modelsOverRest, statusOverRest } from "./status.ts";

const CORS_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "POST, GET",
  "Access-Control-Allow-Headers": "Content-Type",
};

/** What TensorFlow Serving lets libevent take. Only GET, POST and OPTIONS mean something. */
const METHODS = new Set(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** TensorFlow Serving's part of the REST port. */
export function tensorflowServingRest(context: RestContext): RestRoute {
  return { serves: isApiAddress, handle: (request) => handleRest(request, context) };
}

/** Answers a request to an address of the API. */
function handleRest(request: RestRequest, context: RestContext): Soon<RestResponse> {
  const { method, url } = request;
  const known = knownPrediction(method, url);
  // libevent answers these two by itself.
  if (!known && !METHODS.has(method)) return errorPage(501, "Not Implemented");
  if (!known && !isConformant(url)) return errorPage(400, "Bad Request");
  const answer = counted(known ?? routeOf(method, url), request, context);
  const response = context.compress && takesGzip(request) ? soon(answer, compressed) : answer;
  return context.enableCors ? soon(response, withCors) : response;
}

function withCors(response: RestResponse): RestResponse {
  return { ...response, headers: { ...response.headers, ...CORS_HEADERS } };
}

function routeOf(method: string, url: string): AddressRoute | Problem {
  const route = parseRoute(method, url);
  if (method === "POST" && route !== "models" && !(route instanceof Problem)) rememberPrediction(url, route);
  return route;
}

/** Tells the metrics of the request. */
function counted(
  route: AddressRoute | Problem,
  request: RestRequest,
  context: RestContext,
): Soon<RestResponse> {
  return context.requests
    ? answerCounted(route, request, context, context.requests)
    : dispatch(route, request, context);
}

function answerCounted(
  route: AddressRoute | Problem,
  request: RestRequest,
  context: RestContext,
  requests: RequestListener,
): Soon<RestResponse> {
  return timed(
    () => dispatch(route, request, context),
    (response) => response.problem?.row.grpc ?? 0,
    (code, microseconds) => {
      const isCall = !(route instanceof Problem) && route !== "models";
      const call = isCall ? CALLS[route.verb] : CALLS.status;
      const model = isCall ? route.model.name : namedModel(request.method, request.url);
      requests.answered(call, model, code, microseconds);
    },
  );
}

/** What each question counts as. */
const CALLS: Readonly<Record<RestVerb, CallKind>> = {
  predict: 3,
  classify: 4,
  regress: 5,
  status: 6,
  metadata: 6,
};

function dispatch(
  route: AddressRoute | Problem,
  request: RestRequest,
  context: RestContext,
): Soon<RestResponse> {
  if (request.method === "OPTIONS") return preflight(request);
  if (route instanceof Problem) return errorResponse(route);
  if (route === "models") {
    return context.strict ? errorResponse(problem("REST_NO_MODEL_NAME", {})) : modelsOverRest(context);
  }
  switch (route.verb) {
    case "predict":
      return predictOverRest(route.model, request, context);
    case "status":
      return statusOverRest(context, route.model);
    case "metadata":
      return metadataOverRest(context.models, route.model);
    default:
      return examplesOverRest(route.verb, route.model, request, context);
  }
}

/** Browsers ask before they send; the answer does not depend on whether the headers are then sent. */
function preflight(request: RestRequest): RestResponse {
  if (/https?:\/\//.test(request.header("origin") ?? "")) return { status: 200, headers: {}, body: [] };
  return { status: 400, headers: {}, body: [], problem: problem("REST_NO_ORIGIN", {}) };
}
