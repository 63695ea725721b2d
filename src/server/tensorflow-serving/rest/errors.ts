// What goes wrong, as an answer over REST.
import type { Problem } from "../../../core/errors.ts";
import { quoteJson } from "../../json/describe-value.ts";
import { jsonResponse, type RestResponse } from "../../rest/message.ts";

/** `{"error": "..."}`, laid out as TensorFlow Serving does. */
export function errorResponse(problem: Problem): RestResponse {
  const body = `{\n    "error": ${quoteJson(problem.message)}\n}`;
  return { ...jsonResponse(problem.row.http, body), problem };
}
