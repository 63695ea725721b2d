// One inference, whatever form it came in: names, datatypes and shapes checked, run, and the outputs that were asked for.
// Rules: https://github.com/kserve/open-inference-protocol (Inference), Triton's extension_classification.md.
// Not here: reading and writing tensors (rest/, grpc/), the run itself (predict/predict.ts).
import { Problem, problem } from "../../core/errors.ts";
import type { TensorValue } from "../../engine/engine.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import type { ServableHandle } from "../manager/servable.ts";
import { defaultInputs } from "../predict/default-inputs.ts";
import { type PredictLimits, predict } from "../predict/predict.ts";
import { inSlices } from "../slices.ts";
import { type Soon, soon } from "../soon.ts";
import { classify } from "./classification.ts";
import { type Datatype, datatypeName, datatypeOf } from "./datatypes.ts";
import {
  type Parameters,
  type RequestOptions,
  refuseSharedMemory,
  requestOptions,
  wholeNumber,
} from "./parameters.ts";
import { hasBatch, signatureOf } from "./signatures.ts";
import { shapeText, type TensorHead } from "./tensors.ts";

export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

/** A request without its values. */
export interface InferHead {
  readonly parameters: Parameters;
  readonly inputs: readonly TensorHead[];
  /** None means all. */
  readonly outputs: readonly RequestedOutput[];
}

/** A request that fits its model. */
export interface PreparedInfer {
  readonly signature: Signature;
  readonly outputFilter: readonly string[];
  /** How many classes are wanted of an output. */
  readonly classes: ReadonlyMap<string, number>;
  readonly options: RequestOptions;
}

export interface InferOutput {
  readonly name: string;
  readonly datatype: Datatype;
  readonly value: TensorValue;
}

/** Compares what is sent with what the model takes, before the values are looked at. */
export function prepareInfer({ model, loaded }: ServableHandle, head: InferHead): PreparedInfer | Problem {
  const options = requestOptions(head.parameters);
  if (options instanceof Problem) return options;
  const signature = signatureOf(model, loaded, options.signatureName);
  if (signature instanceof Problem) return signature;
  const refusal = refuseInputs(model, signature, head.inputs);
  if (refusal) return refusal;
  const classes = wantedClasses(model, signature, head.outputs);
  if (classes instanceof Problem) return classes;
  return { signature, classes, options, outputFilter: head.outputs.map(({ name }) => name) };
}

/** The outputs in the order they were asked for, or the signature's. Gives the handle back. */
export function runInfer(
  handle: ServableHandle,
  { signature, outputFilter, classes, options }: PreparedInfer,
  inputs: ReadonlyMap<string, TensorValue>,
  limits: PredictLimits,
): Soon<readonly InferOutput[] | Problem> {
  const timeoutMs = Math.min(limits.timeoutMs ?? Infinity, options.timeoutMs ?? Infinity);
  const both = { ...limits, timeoutMs: Number.isFinite(timeoutMs) ? timeoutMs : undefined };
  return soon(predict(handle, { signature, inputs, outputFilter }, both), (outputs) =>
    outputs instanceof Problem ? outputs : inSlices(answers(outputs, classes, hasBatch(signature))),
  );
}

function refuseInputs(model: string, signature: Signature, sent: readonly TensorHead[]): Problem | undefined {
  const names = new Set<string>();
  for (const input of sent) {
    const spec = signature.inputs.find(({ key }) => key === input.name);
    if (!spec) {
      return problem("OIP_INPUT_UNKNOWN", { model, input: input.name, known: namesOf(signature.inputs) });
    }
    const refusal = names.has(input.name)
      ? problem("OIP_INPUT_TWICE", { input: input.name })
      : refuseInput(model, spec, input);
    if (refusal) return refusal;
    names.add(input.name);
  }
  const defaults = defaultInputs(signature);
  const missing = signature.inputs.filter(({ key }) => !names.has(key) && !defaults.has(key));
  if (missing.length === 0) return undefined;
  const counts = { wanted: signature.inputs.length, found: sent.length };
  return problem("OIP_INPUT_MISSING", { model, ...counts, missing: namesOf(missing) });
}

function refuseInput(
  model: string,
  spec: TensorSpec,
  { name, datatype, shape: found }: TensorHead,
): Problem | undefined {
  const wanted = datatypeName(spec);
  if (wanted !== datatype) {
    return problem("OIP_INPUT_DATATYPE", { input: name, found: datatype, model, wanted });
  }
  const { shape } = spec;
  const fits =
    !shape ||
    (shape.length === found.length && shape.every((size, axis) => size < 0 || size === found[axis]));
  if (fits) return undefined;
  const shapes = { wanted: shapeText(shape), found: shapeText(found) };
  return problem("OIP_INPUT_SHAPE", { input: name, model, ...shapes });
}

function wantedClasses(
  model: string,
  signature: Signature,
  outputs: readonly RequestedOutput[],
): ReadonlyMap<string, number> | Problem {
  const classes = new Map<string, number>();
  const seen = new Set<string>();
  for (const { name, parameters } of outputs) {
    if (!signature.outputs.some(({ key }) => key === name)) {
      return problem("OIP_OUTPUT_UNKNOWN", { model, output: name, known: namesOf(signature.outputs) });
    }
    if (seen.has(name)) return problem("OIP_OUTPUT_TWICE", { output: name });
    seen.add(name);
    const shared = refuseSharedMemory(name, parameters);
    if (shared) return shared;
    const count = wholeNumber(parameters, "classification");
    if (count instanceof Problem) return count;
    if (count) classes.set(name, count); // 0 is none, as clients send it
  }
  return classes;
}

function* answers(
  outputs: ReadonlyMap<string, TensorValue>,
  classes: ReadonlyMap<string, number>,
  batched: boolean,
): Generator<undefined, readonly InferOutput[] | Problem> {
  const answered: InferOutput[] = [];
  for (const [name, tensor] of outputs) {
    const count = classes.get(name);
    const value = count === undefined ? tensor : yield* classify(name, tensor, count, batched);
    if (value instanceof Problem) return value;
    const datatype = datatypeOf(value.dtype);
    if (!datatype) return problem("OIP_OUTPUT_DTYPE", { output: name, dtype: value.dtype });
    answered.push({ name, datatype, value });
  }
  return answered;
}

function namesOf(specs: readonly TensorSpec[]): string {
  return specs.map(({ key }) => `'${key}'`).join(", ");
}
