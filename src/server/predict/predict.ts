// One prediction, whatever protocol it came by: checks what was sent against the signature, runs it, and gives up at
// its deadline. Rules and messages: TensorFlow Serving's predict_util.cc.
// Invariant: the handle is given back when the engine is done with the call, also if nobody waits for it any more.
// Not here: finding the model (manager/), reading and writing tensors (tensorflow-serving/).
import { FerryError, Problem, problem } from "../../core/errors.ts";
import type { RunBatch, RunOptions, TensorValue } from "../../engine/engine.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import type { ServableHandle } from "../manager/servable.ts";
import { tensorflowDtypeName } from "../tensorflow-serving/dtype-names.ts";
import { defaultInputs } from "./default-inputs.ts";
import { type PredictionEvent, type PredictionListener, Stopwatch } from "./prediction-event.ts";

/** The signature that is meant where none is named. */
export const DEFAULT_SIGNATURE = "serving_default";

export interface Prediction {
  readonly signature: Signature;
  /** A tensor that could not be decoded is "unparsable". */
  readonly inputs: ReadonlyMap<string, TensorValue | "unparsable">;
  /** Names of the wanted outputs; empty means all. */
  readonly outputFilter: readonly string[];
  /** What it is part of; undefined for a plain prediction. */
  readonly method?: PredictionEvent["method"];
}

export interface PredictLimits {
  /** --enable_signature_method_name_check */
  readonly checkMethodNames?: boolean | undefined;
  /** Milliseconds that the run may take; undefined is no limit. */
  readonly timeoutMs?: number | undefined;
  /** Calls back when the client is gone. */
  readonly onCancel?: ((callback: () => void) => void) | undefined;
  /** Told of the prediction besides the handle's listener. */
  readonly predicted?: PredictionListener | undefined;
}

/** Outputs by name, in the signature's order or the filter's. Gives the handle back, and tells its listener. */
export async function predict(
  handle: ServableHandle,
  prediction: Prediction,
  limits: PredictLimits,
): Promise<ReadonlyMap<string, TensorValue> | Problem> {
  const { listener, model, version } = handle;
  const { predicted } = limits;
  if (!listener && !predicted) return checkAndRun(handle, prediction, limits);
  const stopwatch = new Stopwatch();
  const outputs = await checkAndRun(handle, prediction, limits, stopwatch);
  const problem = outputs instanceof Problem ? outputs : undefined;
  const [first] = prediction.inputs.values();
  const rows = (first instanceof Object ? first.shape[0] : undefined) ?? 1;
  const { batch } = stopwatch;
  const signature = prediction.signature.name;
  const { method } = prediction;
  const event = { model, version, signature, method, rows, problem, times: stopwatch.times(), batch };
  listener?.(event);
  predicted?.(event);
  return outputs;
}

async function checkAndRun(
  handle: ServableHandle,
  prediction: Prediction,
  limits: PredictLimits,
  stopwatch?: Stopwatch,
): Promise<ReadonlyMap<string, TensorValue> | Problem> {
  const { signature, outputFilter } = prediction;
  const inputs = checkedInputs(prediction, limits.checkMethodNames);
  if (inputs instanceof Problem) {
    handle.release();
    return inputs;
  }
  stopwatch?.checked();
  const controller = new AbortController();
  const onStart = stopwatch && ((batch?: RunBatch) => stopwatch.started(batch));
  const options = { signal: controller.signal, ...(onStart ? { onStart } : {}) };
  const outputs = await within(runEngine(handle, prediction, inputs, options), limits, controller);
  stopwatch?.ran();
  if (!(outputs instanceof Map)) return outputs;
  const names = outputFilter.length > 0 ? outputFilter : signature.outputs.map((output) => output.key);
  const ordered = new Map<string, TensorValue>();
  for (const name of names) {
    const value = outputs.get(name);
    if (!value) {
      return problem("ENGINE_FAILED", { model: handle.model, reason: `it did not bring the output ${name}` });
    }
    ordered.set(name, value);
  }
  return ordered;
}

const METHOD_NAMES = ["predict", "classify", "regress"].map((name) => `tensorflow/serving/${name}`);

/** The inputs with the defaults of those that were left out, or what is wrong with the request. */
function checkedInputs(
  { signature, inputs: sent, outputFilter }: Prediction,
  checkMethodNames = false,
): ReadonlyMap<string, TensorValue> | Problem {
  if (checkMethodNames && !METHOD_NAMES.includes(signature.methodName)) {
    const methods = `{${METHOD_NAMES.join(", ")}}`;
    return problem("PREDICT_METHOD_NAME", { methods, found: signature.methodName });
  }
  const defaults = defaultInputs(signature);
  const wanted = signature.inputs.map((input) => input.key);
  // With defaults there may be fewer than the signature has.
  if (sent.size > wanted.length || (sent.size < wanted.length && defaults.size === 0)) {
    return inputCount(wanted, [...sent.keys()]);
  }
  for (const [index, spec] of signature.inputs.entries()) {
    const refusal = refuseInput(spec, index, sent, defaults);
    if (refusal) return refusal;
  }
  const extra = [...sent.keys()].find((name) => !wanted.includes(name));
  if (extra !== undefined) return inputCount(wanted, [...sent.keys()]);
  const outputs = signature.outputs.map((output) => output.key);
  for (const [index, output] of outputFilter.entries()) {
    if (!outputs.includes(output)) return problem("OUTPUT_UNKNOWN", { output, outputs: setText(outputs) });
    if (outputFilter.indexOf(output) < index) return problem("OUTPUT_DUPLICATE", { output });
  }
  const inputs = sent as ReadonlyMap<string, TensorValue>; // all were decoded, as was seen above
  return inputs.size === wanted.length ? inputs : new Map([...defaults, ...inputs]);
}

function refuseInput(
  spec: TensorSpec,
  index: number,
  sent: Prediction["inputs"],
  defaults: ReadonlyMap<string, TensorValue>,
): Problem | undefined {
  const value = sent.get(spec.key);
  if (!value) {
    if (defaults.has(spec.key)) return undefined;
    const names = { sent: setText([...sent.keys()]), defaults: [...defaults.keys()].sort().join(",") };
    return problem("INPUT_MISSING", { input: spec.key, feed: spec.tensorName, ...names });
  }
  if (value === "unparsable") return problem("TENSOR_UNPARSABLE", { input: spec.key });
  if (spec.dtype === undefined || value.dtype === spec.dtype) return undefined;
  const dtypes = { wanted: tensorflowDtypeName(spec.dtype), found: tensorflowDtypeName(value.dtype) };
  return problem("INPUT_WRONG_DTYPE", { input: spec.key, index, ...dtypes });
}

function inputCount(wanted: readonly string[], sent: readonly string[]): Problem {
  return problem("INPUT_COUNT", {
    sentCount: sent.length,
    wantedCount: wanted.length,
    sent: setText(sent),
    wanted: setText(wanted),
    extra: setText(sent.filter((name) => !wanted.includes(name))),
    missing: setText(wanted.filter((name) => !sent.includes(name))),
  });
}

/** `{a,b}`, sorted. */
function setText(names: readonly string[]): string {
  return `{${[...names].sort().join(",")}}`;
}

async function runEngine(
  handle: ServableHandle,
  { signature, outputFilter }: Prediction,
  inputs: ReadonlyMap<string, TensorValue>,
  options: RunOptions,
): Promise<Map<string, TensorValue> | Problem> {
  try {
    return await handle.loaded.run(signature.name, inputs, outputFilter, options);
  } catch (error) {
    const failure =
      error instanceof FerryError
        ? error.problems[0]
        : problem("ENGINE_FAILED", { model: handle.model, reason: textOf(error) }, error);
    return failure.row.grpc === 13 ? (refusedShape(signature.inputs, inputs, failure) ?? failure) : failure;
  } finally {
    handle.release();
  }
}

/** TensorFlow Serving lets the runtime judge shapes; if it refused one that the signature excludes, the client erred. */
function refusedShape(
  specs: readonly TensorSpec[],
  inputs: ReadonlyMap<string, TensorValue>,
  failure: Problem,
): Problem | undefined {
  for (const { key, shape: wanted } of specs) {
    const found = inputs.get(key)?.shape;
    if (!wanted || !found) continue;
    const fits =
      found.length === wanted.length && wanted.every((size, axis) => size < 0 || size === found[axis]);
    if (fits) continue;
    const shapes = { found: `[${found.join(",")}]`, wanted: `[${wanted.join(",")}]` };
    return problem("INPUT_REFUSED", { input: key, ...shapes, reason: failure.message }, failure.cause);
  }
  return undefined;
}

/** The result of a run, or why nobody waits for it any more. */
async function within<T>(
  run: Promise<T>,
  { timeoutMs, onCancel }: PredictLimits,
  controller: AbortController,
): Promise<T | Problem> {
  if (timeoutMs === undefined && !onCancel) return run;
  return new Promise((resolve) => {
    const stop = (reason: Problem): void => {
      clearTimeout(timer);
      resolve(reason);
      controller.abort(reason);
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => stop(problem("PREDICT_TIMED_OUT", {})), Math.min(timeoutMs, MAX_TIMER_MS));
    onCancel?.(() => stop(problem("PREDICT_CANCELLED", {})));
    void run.then((result) => {
      clearTimeout(timer);
      resolve(result);
    });
  });
}

/** A longer timer would fire at once; this one is 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
