// POST /v1/models/M[/versions/N | /labels/L]:classify and :regress.
// Order of checks: TensorFlow Serving's. The body is read before the model is looked for.
import { Problem } from "../../../core/errors.ts";
import type { ModelSpec } from "../../manager/manager.ts";
import { jsonResponse, type RestRequest, type RestResponse } from "../../rest/message.ts";
import type { RestContext } from "../context.ts";
import { runExamples } from "../examples/run-examples.ts";
import type { Method } from "../examples/signatures.ts";
import { errorResponse } from "./errors.ts";
import { feedBody } from "./feed-body.ts";
import { ExamplesBodyReader } from "./read-examples-body.ts";
import { writeResults } from "./write-results.ts";

/** Answers a classify or a regress request. */
export async function examplesOverRest(
  method: Method,
  spec: ModelSpec,
  request: RestRequest,
  context: RestContext,
): Promise<RestResponse> {
  const reader = new ExamplesBodyReader();
  const wrong = (await feedBody(request, reader, context)) ?? reader.finish();
  if (wrong) return errorResponse(wrong);
  const handle = context.models.acquire(spec);
  if (handle instanceof Problem) return errorResponse(handle);
  const { timeoutMs, checkMethodNames } = context;
  const examples = { method, signatureName: reader.signatureName, examples: reader.examples() };
  const { onCancel, predicted } = request;
  const limits = { timeoutMs, checkMethodNames, onCancel, predicted };
  const result = await runExamples(handle, examples, limits);
  const body = result instanceof Problem ? result : writeResults(result);
  return body instanceof Problem ? errorResponse(body) : jsonResponse(200, body);
}
