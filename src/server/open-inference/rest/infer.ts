// POST /v2/models/M[/versions/V]/infer.
import { Problem } from "../../../core/errors.ts";
import type { RestRequest, RestResponse } from "../../rest/message.ts";
import type { OpenInferenceContext } from "../context.ts";
import { runInfer } from "../infer.ts";
import { acquire, type ModelName } from "../models.ts";
import { errorResponse } from "./errors.ts";
import { readInferRequest } from "./read-request.ts";
import { writeInfer } from "./write-infer.ts";

/** Answers an inference. */
export async function inferOverRest(
  context: OpenInferenceContext,
  name: ModelName,
  request: RestRequest,
): Promise<RestResponse> {
  // Held from here on, so that the body is read for the very version that will run.
  const handle = acquire(context.models, name);
  if (handle instanceof Problem) return errorResponse(handle);
  const read = await readInferRequest(request, handle, context.maxBodyBytes);
  if (read instanceof Problem) {
    handle.release();
    return errorResponse(read);
  }
  const { timeoutMs } = context;
  const { onCancel, predicted } = request;
  const outputs = await runInfer(handle, read.prepared, read.inputs, { timeoutMs, onCancel, predicted });
  // A run that was given up may go on; its inputs are left alone.
  if (!(outputs instanceof Problem)) read.giveBack?.();
  const answer = outputs instanceof Problem ? outputs : await writeInfer(handle, read.parsed, outputs);
  return answer instanceof Problem ? errorResponse(answer) : answer;
}
