// What goes wrong, as an answer: `{"error": "..."}`.
// Source: https://github.com/kserve/open-inference-protocol (Inference Response JSON Error Object).
import type { Problem } from "../../../core/errors.ts";
import { jsonResponse, type RestResponse } from "../../rest/message.ts";

/** The answer, with the row's status. */
export function errorResponse(problem: Problem): RestResponse {
  return jsonResponse(problem.row.http, JSON.stringify({ error: problem.message }));
}
