// REST as a function: from a request to its answer.
// Rules: TensorFlow Serving's http_server.cc and http_rest_api_handler.cc.
import { Problem, problem } from "../../../core/errors.ts";
import { compressed } from "../../rest/compress.ts";
import type { RestRequest, RestResponse, RestRoute } from "../../rest/message.ts";
import type { RestContext } from "../context.ts";
import { errorResponse } from "./errors.ts";
import { examplesOverRest } from "./examples.ts";
import { metadataOverRest } from "./metadata.ts";
import { predictOverRest } from "./predict.ts";
import { isApiAddress, parseRoute } from "./route.ts";
import { modelsOverRest, statusOverRest } from "./status.ts";

const CORS_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Methods": "POST, GET",
  "Access-Control-Allow-Headers": "Content-Type",
};

/** TensorFlow Serving's part of the REST port. */
export function tensorflowServingRest(context: RestContext): RestRoute {
  return { serves: isApiAddress, handle: (request) => handleRest(request, context) };
}

/** Answers a request to an address of the API. */
async function handleRest(request: RestRequest, context: RestContext): Promise<RestResponse> {
  const answer = request.method === "OPTIONS" ? preflight(request) : await dispatch(request, context);
  const response = context.compress ? await compressed(request, answer) : answer;
  if (!context.enableCors) return response;
  return { ...response, headers: { ...response.headers, ...CORS_HEADERS } };
}

async function dispatch(request: RestRequest, context: RestContext): Promise<RestResponse> {
  const route = parseRoute(request.method, request.url);
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
  const allowed = /https?:\/\//.test(request.header("origin") ?? "");
  return { status: allowed ? 200 : 400, headers: {}, body: [] };
}
