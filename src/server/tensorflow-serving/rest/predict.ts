// POST /v1/models/M[/versions/N | /labels/L]:predict.
// Order of checks: TensorFlow Serving's. The body is parsed first, so that bad JSON for an unknown model is bad JSON.
// Invariant: the body is read in slices with turns for others between them (feed-body.ts); it is kept only if the model has signatures with different inputs and the body names its signature last.
import { Problem, problem } from "../../../core/errors.ts";
import type { LoadedModel } from "../../../engine/engine.ts";
import type { TensorSpec } from "../../../model/signature.ts";
import type { ModelSpec } from "../../manager/manager.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import { DEFAULT_SIGNATURE, type PredictLimits, predict } from "../../predict/predict.ts";
import { jsonResponse, type RestRequest, type RestResponse } from "../../rest/message.ts";
import { inSlices } from "../../slices.ts";
import { type Soon, soon } from "../../soon.ts";
import type { RestContext } from "../context.ts";
import { errorResponse } from "./errors.ts";
import { feedBody, feedSlices } from "./feed-body.ts";
import { isGzip } from "./gunzip.ts";
import { type PredictBody, PredictBodyReader } from "./read-predict-body.ts";
import { writePredictions } from "./write-predictions.ts";

/** Answers a predict request. */
export function predictOverRest(
  spec: ModelSpec,
  request: RestRequest,
  context: RestContext,
): Soon<RestResponse> {
  // Held from here on, so that the body is read by the signature of the very version that will run.
  const held = context.models.acquire(spec);
  const loaded = held instanceof Problem ? undefined : held.loaded;
  return soon(readBody(request, loaded, context), (read) => {
    if (held instanceof Problem) return errorResponse(read instanceof Problem ? read : held);
    if (!(read instanceof Problem)) return soon(run(held, read, request, context), answerOf);
    held.release();
    return errorResponse(read);
  });
}

function answerOf(result: Iterable<Uint8Array> | Problem): RestResponse {
  return result instanceof Problem ? errorResponse(result) : jsonResponse(200, result);
}

function run(
  handle: ServableHandle,
  reader: PredictBodyReader,
  request: RestRequest,
  context: RestContext,
): Soon<Iterable<Uint8Array> | Problem> {
  const name = reader.signatureName || DEFAULT_SIGNATURE;
  const signature = handle.loaded.signatures.get(name);
  if (!signature) {
    handle.release();
    return problem("REST_SIGNATURE_NOT_FOUND", { signature: name });
  }
  return soon(bodyOf(reader, signature.inputs), (body) => {
    if (body instanceof Problem) {
      handle.release();
      return body;
    }
    const prediction = { signature, inputs: body.inputs, outputFilter: [] };
    return soon(predict(handle, prediction, limitsOf(request, context)), (outputs) => {
      if (outputs instanceof Problem) return outputs;
      // A run that was given up may go on; its inputs are left alone.
      reader.giveBack();
      return writePredictions(outputs, body.format);
    });
  });
}

function limitsOf(
  { onCancel, predicted }: RestRequest,
  { timeoutMs, checkMethodNames }: RestContext,
): PredictLimits {
  return { timeoutMs, checkMethodNames, onCancel, predicted };
}

function bodyOf(reader: PredictBodyReader, inputs: readonly TensorSpec[]): Soon<PredictBody | Problem> {
  if (inputs.length === 0) {
    return problem("SIGNATURE_WITHOUT_INPUTS", { signature: reader.signatureName || "DEFAULT" });
  }
  return inSlices(reader.tensors());
}

/** Reads the whole body; what is wrong with its text comes back. */
function readBody(
  request: RestRequest,
  model: LoadedModel | undefined,
  context: RestContext,
): Soon<PredictBodyReader | Problem> {
  const inputsOf = (name: string): readonly TensorSpec[] | undefined =>
    model?.signatures.get(name || DEFAULT_SIGNATURE)?.inputs;
  const gzip = isGzip(request.header("content-encoding"));
  const length = Number(request.header("content-length") ?? Number.POSITIVE_INFINITY);
  const expected = gzip ? Number.POSITIVE_INFINITY : length;
  const reader = new PredictBodyReader(inputsOf, expected);
  const kept = model && !signaturesAgree(model) ? [] : undefined;
  return soon(feedBody(request, reader, context, kept), (refusal) => {
    const wrong = refusal ?? reader.finish();
    if (wrong) return wrong;
    if (!kept || reader.readAs === undefined || reader.readAs === reader.signatureName) return reader;
    // The signature came after the values, and it is another than was guessed: once more, knowing it.
    const again = new PredictBodyReader(inputsOf, expected, reader.signatureName);
    const fed = feedSlices(kept, again, Number.POSITIVE_INFINITY);
    return soon(fed, (failure) => failure ?? again.finish() ?? again);
  });
}

const AGREEING = new WeakMap<LoadedModel, boolean>();

/** Whether values mean the same to every signature, as they do where one is another name of the other. */
function signaturesAgree(model: LoadedModel): boolean {
  const known = AGREEING.get(model);
  if (known !== undefined) return known;
  const kinds = [...model.signatures.values()].map((signature) =>
    JSON.stringify(signature.inputs.map((input) => [input.key, input.tensorflowDtype])),
  );
  const agree = new Set(kinds).size <= 1;
  AGREEING.set(model, agree);
  return agree;
}
