// What goes wrong, as an answer over REST.
import type { Problem } from "../../../core/errors.ts";
import { quoteJson } from "../../json/describe-value.ts";
import { jsonResponse, type RestResponse } from "./message.ts";

/** `{"error": "..."}`, laid out as TensorFlow Serving does. */
export function errorResponse(problem: Problem): RestResponse {
  return jsonResponse(problem.row.http, `{\n    "error": ${quoteJson(problem.message)}\n}`);
}

/** libevent's page for addresses that nobody serves. */
export function notFoundPage(): RestResponse {
  const page =
    "<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n</HEAD><BODY>\n<H1>Not Found</H1>\n</BODY></HTML>\n";
  return { status: 404, headers: { "Content-Type": "text/html" }, body: [Buffer.from(page)] };
}
