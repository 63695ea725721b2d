// POST /v2/models/M[/versions/V]/infer.
import { Problem } from "../../../core/errors.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import type { RestRequest, RestResponse } from "../../rest/message.ts";
import { type Soon, soon } from "../../soon.ts";
import type { OpenInferenceContext } from "../context.ts";
import { runInfer } from "../infer.ts";
import { acquire, type ModelName } from "../models.ts";
import { errorResponse } from "./errors.ts";
import { type ReadRequest, readInferRequest } from "./read-request.ts";
import { writeInfer } from "./write-infer.ts";

/** Answers an inference. */
export function inferOverRest(
  context: OpenInferenceContext,
  name: ModelName,
  request: RestRequest,
): Soon<RestResponse> {
  // Held from here on, so that the body is read for the very version that will run.
  const handle = acquire(context.models, name);
  if (handle instanceof Problem) return errorResponse(handle);
  return soon(readInferRequest(request, handle, context.maxBodyBytes), (read) => {
    if (!(read instanceof Problem)) return soon(run(handle, read, request, context), answerOf);
    handle.release();
    return errorResponse(read);
  });
}

function run(
  handle: ServableHandle,
  { prepared, inputs, parsed, giveBack }: ReadRequest,
  { onCancel, predicted }: RestRequest,
  { timeoutMs }: OpenInferenceContext,
): Soon<RestResponse | Problem> {
  return soon(runInfer(handle, prepared, inputs, { timeoutMs, onCancel, predicted }), (outputs) => {
    if (outputs instanceof Problem) return outputs;
    // A run that was given up may go on; its inputs are left alone.
    giveBack?.();
    return writeInfer(handle, parsed, outputs);
  });
}

function answerOf(answer: RestResponse | Problem): RestResponse {
  return answer instanceof Problem ? errorResponse(answer) : answer;
}
