// PredictionService.MultiInference: several signatures of one version on the same examples.
// Order of checks and messages: TensorFlow Serving's multi_inference_helper.cc and multi_inference.cc. There it is one run
// of the graph; here the signatures run beside each other on the version that the first task names.
import { Problem, problem } from "../../../core/errors.ts";
import type { GrpcCall, GrpcReply } from "../../grpc/call.ts";
import { BYTES, WireWriter } from "../../grpc/wire.ts";
import type { ServableHandle } from "../../manager/servable.ts";
import { DEFAULT_SIGNATURE } from "../../predict/predict.ts";
import { inSlices } from "../../slices.ts";
import type { GrpcContext } from "../context.ts";
import type { ExampleResult } from "../examples/results.ts";
import { runExamples } from "../examples/run-examples.ts";
import { type Method, methodOf, outputsOf } from "../examples/signatures.ts";
import { resolveModel } from "./errors.ts";
import { parseWire } from "./examples.ts";
import { decodeMultiInferenceRequest, encodeResult, type WireInferenceTask } from "./examples-request.ts";
import { encodeModelSpec } from "./predict-request.ts";

interface Task {
  readonly method: Method;
  readonly signatureName: string;
}

/** Answers a MultiInference call. */
export async function multiInferenceOverGrpc(context: GrpcContext, call: GrpcCall): Promise<GrpcReply> {
  const request = parseWire("MultiInferenceRequest", () => decodeMultiInferenceRequest(call.message));
  if (request instanceof Problem) return request;
  const [first] = request.tasks;
  const handle = resolveModel(context.models, first?.modelSpec ?? NO_MODEL);
  if (handle instanceof Problem) return handle;
  const tasks = checkTasks(request.tasks, handle, context);
  const { examples } = request;
  const refusal = tasks instanceof Problem || examples.length > 0 ? tasks : problem("EXAMPLES_EMPTY", {});
  if (refusal instanceof Problem) {
    handle.release();
    return refusal;
  }
  context.requests?.examples(handle.model, examples.length);
  const { timeoutMs, onCancel, predicted } = call;
  const results = await Promise.all(
    refusal.map((task) =>
      runExamples(handle.share(), { ...task, examples }, { timeoutMs, onCancel, predicted }),
    ),
  );
  handle.release();
  const failure = results.find((result) => result instanceof Problem);
  if (failure) return failure;
  return encode(handle, refusal, results as readonly ExampleResult[]); // none is a problem
}

const NO_MODEL = { name: "", version: undefined, label: undefined, signatureName: "" };

function checkTasks(
  tasks: readonly WireInferenceTask[],
  { model, loaded }: ServableHandle,
  { checkMethodNames }: GrpcContext,
): readonly Task[] | Problem {
  const checked: Task[] = [];
  for (const { modelSpec, methodName } of tasks) {
    if (!modelSpec?.name) return problem("MULTI_UNNAMED", {});
    if (modelSpec.name !== model) return problem("MULTI_TWO_MODELS", {});
    const signatureName = modelSpec.signatureName || DEFAULT_SIGNATURE;
    const twice = checked.some((task) => task.signatureName === signatureName);
    if (twice) return problem("MULTI_TWICE", { signature: signatureName });
    const signature = loaded.signatures.get(signatureName);
    if (!signature) return problem("MULTI_SIGNATURE_NOT_FOUND", { signature: signatureName });
    const method = methodOf(methodName);
    if (!method) return problem("MULTI_METHOD", { method: methodName });
    const outputs = outputsOf(method, signature, checkMethodNames);
    if (outputs instanceof Problem) return outputs;
    checked.push({ method, signatureName });
  }
  return checked;
}

/** Fields of InferenceResult, by method. */
const RESULT_FIELDS: Readonly<Record<Method, number>> = { classify: 2, regress: 3 };

async function encode(
  { model: name, version }: ServableHandle,
  tasks: readonly Task[],
  results: readonly ExampleResult[],
): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (const [at, { method, signatureName }] of tasks.entries()) {
    const result = results[at];
    if (!result) continue;
    const bytes = await inSlices(encodeResult(result));
    const head = new WireWriter()
      .tag(1, BYTES)
      .lengthDelimited(encodeModelSpec({ name, version, signatureName }));
    head.tag(RESULT_FIELDS[method], BYTES).varint(bytes.length);
    const headBytes = head.finish();
    pieces.push(
      new WireWriter()
        .tag(1, BYTES)
        .varint(headBytes.length + bytes.length)
        .finish(),
      headBytes,
      bytes,
    );
  }
  return pieces;
}
