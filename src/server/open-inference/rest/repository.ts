// POST /v2/repository/index, POST /v2/repository/models/M/load, POST /v2/repository/models/M/unload.
// Layout: Triton's extension_model_repository.md; answers to load and unload have no body.
import { Problem, problem } from "../../../core/errors.ts";
import { JsonParser } from "../../json/json-parser.ts";
import { TextBuffer } from "../../json/text-buffer.ts";
import { jsonResponse, type RestRequest, type RestResponse } from "../../rest/message.ts";
import type { OpenInferenceContext } from "../context.ts";
import { repositoryIndex } from "../models.ts";
import { loadModel, unloadModel } from "../repository.ts";
import { Document, type JsonObject } from "./document.ts";
import { errorResponse } from "./errors.ts";

/** Questions to the repository are a few members long. */
const MAX_BODY_BYTES = 2 ** 20;

/** Every model and version with its state. */
export async function indexOverRest(
  context: OpenInferenceContext,
  request: RestRequest,
): Promise<RestResponse> {
  const body = await readObject(request);
  if (body instanceof Problem) return errorResponse(body);
  return jsonResponse(200, JSON.stringify(repositoryIndex(context, body.get("ready") === true)));
}

/** Loads a model, or its new versions. */
export async function loadOverRest(
  context: OpenInferenceContext,
  model: string,
  request: RestRequest,
): Promise<RestResponse> {
  const body = await readObject(request);
  if (body instanceof Problem) return errorResponse(body);
  const parameters = body.get("parameters");
  const names = parameters instanceof Map ? [...parameters.keys()] : [];
  return done(await loadModel(context, model, names));
}

/** Takes a model out of service. */
export async function unloadOverRest(
  context: OpenInferenceContext,
  model: string,
  request: RestRequest,
): Promise<RestResponse> {
  const body = await readObject(request);
  return body instanceof Problem ? errorResponse(body) : done(await unloadModel(context, model));
}

function done(failure: Problem | undefined): RestResponse {
  return failure ? errorResponse(failure) : { status: 200, headers: {}, body: [] };
}

/** The body's object; no body is an empty one. */
async function readObject({ body }: RestRequest): Promise<JsonObject | Problem> {
  const document = new Document();
  const parser = new JsonParser(document, new TextBuffer());
  for await (const chunk of body) {
    parser.feed(chunk);
    if (parser.bytesSeen > MAX_BODY_BYTES) return problem("REST_BODY_TOO_LARGE", { limit: MAX_BODY_BYTES });
  }
  if (parser.bytesSeen === 0) return new Map();
  parser.finish();
  const { error } = parser;
  if (error) return problem("OIP_JSON", { reason: error.reason, offset: error.offset });
  if (document.problem) return document.problem;
  if (document.root instanceof Map) return document.root;
  return problem("OIP_MEMBER_TYPE", { where: "the request", found: "no object", wanted: "an object" });
}
