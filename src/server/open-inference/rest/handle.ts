// The protocol's REST as a function: from a request to its answer. What changes something is a route of its own.
import { problem } from "../../../core/errors.ts";
import { compressed, takesGzip } from "../../rest/compress.ts";
import type { RestRequest, RestResponse, RestRoute } from "../../rest/message.ts";
import { type Soon, soon } from "../../soon.ts";
import type { OpenInferenceContext } from "../context.ts";
import { errorResponse } from "./errors.ts";
import { inferOverRest } from "./infer.ts";
import {
  configOverRest,
  liveOverRest,
  metadataOverRest,
  modelReadyOverRest,
  modelsOverRest,
  readyOverRest,
  serverOverRest,
  statisticsOverRest,
} from "./models.ts";
import { indexOverRest, loadOverRest, unloadOverRest } from "./repository.ts";
import { isControl, isHealth, isOpenInference, type Question, routeOf } from "./route.ts";

const ALL_MODELS = { name: "", version: "" };

/** What only answers: health, which is answered however busy the server is, and everything else. */
export function openInferenceRest(context: OpenInferenceContext): readonly RestRoute[] {
  const handle = (request: RestRequest): Soon<RestResponse> => handleRest(context, request);
  return [
    { serves: isHealth, handle, light: true },
    { serves: (url) => isOpenInference(url) && !isControl(url), handle },
  ];
}

/** Load and unload. */
export function openInferenceControl(context: OpenInferenceContext): RestRoute {
  return { serves: isControl, handle: (request) => handleRest(context, request) };
}

function handleRest(context: OpenInferenceContext, request: RestRequest): Soon<RestResponse> {
  const { url, method } = request;
  const route = routeOf(url);
  const path = url.slice(0, MAX_QUOTED);
  if (!route) return errorResponse(problem("OIP_ADDRESS", { path }));
  if (method !== route.method && !(method === "HEAD" && route.method === "GET")) {
    return errorResponse(problem("OIP_METHOD", { path, wanted: route.method, found: method }));
  }
  const answer = ask(context, route.question, request);
  return context.compress && takesGzip(request) ? soon(answer, compressed) : answer;
}

/** Characters of an address that an error repeats. */
const MAX_QUOTED = 200;

function ask(context: OpenInferenceContext, question: Question, request: RestRequest): Soon<RestResponse> {
  switch (question.ask) {
    case "server":
      return serverOverRest(context);
    case "live":
      return liveOverRest();
    case "ready":
      return readyOverRest(context);
    case "models":
      return modelsOverRest(context);
    case "statistics":
      return statisticsOverRest(context, ALL_MODELS);
    case "index":
      return indexOverRest(context, request);
    case "metadata":
      return metadataOverRest(context, question);
    case "model-ready":
      return modelReadyOverRest(context, question);
    case "infer":
      return inferOverRest(context, question, request);
    case "config":
      return configOverRest(context, question);
    case "model-statistics":
      return statisticsOverRest(context, question);
    case "load":
      return loadOverRest(context, question.name, request);
    case "unload":
      return unloadOverRest(context, question.name, request);
  }
}
