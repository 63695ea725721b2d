// REST as a function: from a request to its answer.
// Rules: TensorFlow Serving's http_server.cc and http_rest_api_handler.cc.
import { Problem, problem } from "../../../core/errors.ts";
import { errorResponse, notFoundPage } from "./errors.ts";
import type { RestContext, RestRequest, RestResponse } from "./message.ts";
import { metadataOverRest } from "./metadata.ts";
import { predictOverRest } from "./predict.ts";
import { isApiAddress, parseRoute } from "./route.ts";
import { statusOverRest } from "./status.ts";

const CORS_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "POST, GET",
  "Access-Control-Allow-Headers": "Content-Type",
};

/** Answers any request. */
export async function handleRest(request: RestRequest, context: RestContext): Promise<RestResponse> {
  if (!isApiAddress(request.url)) return notFoundPage();
  const response = request.method === "OPTIONS" ? preflight(request) : await dispatch(request, context);
  if (!context.enableCors) return response;
  return { ...response, headers: { ...response.headers, ...CORS_HEADERS } };
}

async function dispatch(request: RestRequest, context: RestContext): Promise<RestResponse> {
  const route = parseRoute(request.method, request.url);
  if (route instanceof Problem) return errorResponse(route);
  switch (route.verb) {
    case "predict":
      return predictOverRest(route.model, request, context);
    case "status":
      return statusOverRest(context.models, route.model);
    case "metadata":
      return metadataOverRest(context.models, route.model);
    default:
      return errorResponse(problem("REST_METHOD_NOT_SERVED", { method: route.verb }));
  }
}

/** Browsers ask before they send; the answer does not depend on whether the headers are then sent. */
function preflight(request: RestRequest): RestResponse {
  const allowed = /https?:\/\//.test(request.header("origin") ?? "");
  return { status: allowed ? 200 : 400, headers: {}, body: [] };
}
