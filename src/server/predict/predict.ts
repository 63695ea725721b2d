// One prediction, whatever protocol it came by: checks what was sent against the signature, runs it, and gives up at
// its deadline. Rules and messages: TensorFlow Serving's predict_util.cc.
// Invariant: the handle is given back when the engine is done with the call, also if nobody waits for it any more.
// Not here: finding the model (manager/), reading and writing tensors (tensorflow-serving/).
import { FerryError, Problem, problem } from "../../core/errors.ts";
import type { RunBatch, RunOptions, TensorValue } from "../../engine/engine.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import type { ServableHandle } from "../manager/servable.ts";
import { type Soon, soon } from "../soon.ts";
import { tensorflowDtypeName } from "../tensorflow-serving/dtype-names.ts";
import { defaultInputs } from "./default-inputs.ts";
import { type PredictionEvent, type PredictionListener, Stopwatch } from "./prediction-event.ts";

/** The signature that is meant where none is named. */
export const DEFAULT_SIGNATURE = "serving_default";

type Outputs = Map<string, TensorValue>;

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
export function predict(
  handle: ServableHandle,
  prediction: Prediction,
  limits: PredictLimits,
): Soon<ReadonlyMap<string, TensorValue> | Problem> {
  const stopwatch = handle.listener || limits.predicted ? new Stopwatch() : undefined;
  const inputs = checkedInputs(prediction, limits.checkMethodNames);
  if (inputs instanceof Problem) {
    handle.release();
    return told(inputs, handle, prediction, limits, stopwatch);
  }
  stopwatch?.checked();
  const outputs =
    runNow(handle, prediction, inputs) ?? runLater(handle, prediction, inputs, limits, stopwatch);
  return soon(outputs, (ran) => {
    stopwatch?.ran();
    const answer = ran instanceof Problem ? ran : ordered(ran, handle, prediction);
    return told(answer, handle, prediction, limits, stopwatch);
  });
}

/** The answer, after the listeners were told of it. */
function told<T extends ReadonlyMap<string, TensorValue> | Problem>(
  answer: T,
  { listener, model, version }: ServableHandle,
  { signature: { name: signature }, inputs, method }: Prediction,
  { predicted }: PredictLimits,
  stopwatch: Stopwatch | undefined,
): T {
  if (!stopwatch) return answer;
  const [first] = inputs.values();
  const rows = (first instanceof Object ? first.shape[0] : undefined) ?? 1;
  const problem = answer instanceof Problem ? answer : undefined;
  const { batch } = stopwatch;
  const event = { model, version, signature, method, rows, problem, times: stopwatch.times(), batch };
  listener?.(event);
  predicted?.(event);
  return answer;
}

/** Runs that take microseconds are over before anybody could want to stop them; undefined for others. */
function runNow(
  handle: ServableHandle,
  { signature, outputFilter }: Prediction,
  inputs: ReadonlyMap<string, TensorValue>,
): Outputs | Problem | undefined {
  let outputs: Outputs | Problem | undefined;
  try {
    outputs = handle.loaded.runNow?.(signature.name, inputs, outputFilter);
  } catch (error) {
    outputs = failureOf(error, handle, signature, inputs);
  }
  if (outputs) handle.release();
  return outputs;
}

async function runLater(
  handle: ServableHandle,
  prediction: Prediction,
  inputs: ReadonlyMap<string, TensorValue>,
  limits: PredictLimits,
  stopwatch: Stopwatch | undefined,
): Promise<Outputs | Problem> {
  const controller = new AbortController();
  const onStart = stopwatch && ((batch?: RunBatch) => stopwatch.started(batch));
  const options = { signal: controller.signal, ...(onStart ? { onStart } : {}) };
  return within(runEngine(handle, prediction, inputs, options), limits, controller);
}

/** The outputs in the order in which they were asked for. */
function ordered(
  outputs: Outputs,
  { model }: ServableHandle,
  { signature, outputFilter }: Prediction,
): ReadonlyMap<string, TensorValue> | Problem {
  const names = outputFilter.length > 0 ? outputFilter : signature.outputs.map((output) => output.key);
  const values = new Map<string, TensorValue>();
  for (const name of names) {
    const value = outputs.get(name);
    if (!value) return problem("ENGINE_FAILED", { model, reason: `it did not bring the output ${name}` });
    values.set(name, value);
  }
  return values;
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
  const wanted = signature.inputs;
  // With defaults there may be fewer than the signature has.
  if (sent.size > wanted.length || (sent.size < wanted.length && defaults.size === 0)) {
    return inputCount(wanted, sent);
  }
  let found = 0;
  for (const spec of wanted) {
    const refusal = refuseInput(spec, sent, defaults);
    if (refusal) return refusal;
    if (sent.has(spec.key)) found++;
  }
  if (found < sent.size) return unknownInput(wanted, sent);
  const inputs = sent as ReadonlyMap<string, TensorValue>; // all were decoded, as was seen above
  // There the graph's run looks at dtypes, after everything else.
  const refusal = refuseOutputs(signature, outputFilter) ?? refuseDtypes(wanted, inputs);
  if (refusal) return refusal;
  return found === wanted.length ? inputs : new Map([...defaults, ...inputs]);
}

function refuseOutputs(signature: Signature, filter: readonly string[]): Problem | undefined {
  if (filter.length === 0) return undefined;
  const outputs = signature.outputs.map((output) => output.key);
  for (const [index, output] of filter.entries()) {
    if (!outputs.includes(output)) return problem("OUTPUT_UNKNOWN", { output, outputs: setText(outputs) });
    if (filter.indexOf(output) < index) return problem("OUTPUT_DUPLICATE", { output });
  }
  return undefined;
}

function refuseInput(
  spec: TensorSpec,
  sent: Prediction["inputs"],
  defaults: ReadonlyMap<string, TensorValue>,
): Problem | undefined {
  const value = sent.get(spec.key);
  if (value === "unparsable") return problem("TENSOR_UNPARSABLE", { input: spec.key });
  if (value || defaults.has(spec.key)) return undefined;
  const names = { sent: setText([...sent.keys()]), defaults: listText([...defaults.keys()]) };
  return problem("INPUT_MISSING", { input: spec.key, feed: spec.tensorName, ...names });
}

function refuseDtypes(
  specs: readonly TensorSpec[],
  inputs: ReadonlyMap<string, TensorValue>,
): Problem | undefined {
  for (let index = 0; index < specs.length; index++) {
    const { key, dtype } = specs[index] as TensorSpec; // there is one
    const found = inputs.get(key)?.dtype;
    if (found === undefined || dtype === undefined || found === dtype) continue;
    const dtypes = { wanted: tensorflowDtypeName(dtype), found: tensorflowDtypeName(found) };
    return problem("INPUT_WRONG_DTYPE", { input: key, index, ...dtypes });
  }
  return undefined;
}

/** Of a signature with defaults: not more inputs than it has, and one that it does not have. */
function unknownInput(specs: readonly TensorSpec[], given: Prediction["inputs"]): Problem {
  const used = specs.map((spec) => spec.key).filter((key) => given.has(key));
  return problem("INPUT_UNKNOWN", { used: listText(used), sent: listText([...given.keys()]) });
}

function inputCount(specs: readonly TensorSpec[], given: Prediction["inputs"]): Problem {
  const wanted = specs.map((spec) => spec.key);
  const sent = [...given.keys()];
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
  return `{${listText(names)}}`;
}

function listText(names: readonly string[]): string {
  return [...names].sort().join(",");
}

async function runEngine(
  handle: ServableHandle,
  { signature, outputFilter }: Prediction,
  inputs: ReadonlyMap<string, TensorValue>,
  options: RunOptions,
): Promise<Outputs | Problem> {
  try {
    return await handle.loaded.run(signature.name, inputs, outputFilter, options);
  } catch (error) {
    return failureOf(error, handle, signature, inputs);
  } finally {
    handle.release();
  }
}

/** What a run threw, as what the client is told. */
function failureOf(
  error: unknown,
  { model }: ServableHandle,
  { inputs: specs }: Signature,
  inputs: ReadonlyMap<string, TensorValue>,
): Problem {
  const failure =
    error instanceof FerryError
      ? error.problems[0]
      : problem("ENGINE_FAILED", { model, reason: textOf(error) }, error);
  return failure.row.grpc === 13 ? (refusedShape(specs, inputs, failure) ?? failure) : failure;
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
