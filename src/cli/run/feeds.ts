// The values that a run is fed with, from --inputs, --input_exprs and --input_examples, checked against the signature.
// Later options win over earlier ones for the same input, with a warning, as in saved_model_cli.
import { fail, Problem, problem, raise } from "../../core/errors.ts";
import { castTensor } from "../../engine/cast-tensor.ts";
import type { TensorValue } from "../../engine/engine.ts";
import { openFile } from "../../files/open-file.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import type { DType } from "../../tensor/dtype.ts";
import { literalToTensor } from "../python/literal-to-tensor.ts";
import { type FileReference, parseInputExprs, parseInputs } from "./parse-inputs.ts";
import { chooseArray, readArrays } from "./read-array.ts";
import { exampleTensor } from "./tf-example.ts";

/** The three flags' texts; empty where not given. */
export interface InputTexts {
  readonly inputs: string;
  readonly inputExprs: string;
  readonly inputExamples: string;
}

type MakeValue = (dtype: DType) => TensorValue | Problem;

/** A value for each input of the signature. Throws all problems at once: unknown, missing and unfit inputs. */
export function readFeeds(
  texts: InputTexts,
  signature: Signature,
  warn: (message: string) => void,
): Map<string, TensorValue> {
  const makers = collectMakers(texts, warn);
  const choices = signature.inputs.map(({ key }) => `"${key}"`).join(", ");
  const unknown = [...makers.keys()].filter((key) => !signature.inputs.some((spec) => spec.key === key));
  raise(unknown.map((key) => problem("INPUT_KEY_UNKNOWN", { key, choices })));
  const feeds = new Map<string, TensorValue>();
  const problems: Problem[] = [];
  for (const spec of signature.inputs) {
    const make = makers.get(spec.key);
    const value = make
      ? feed(spec, make)
      : problem("INPUT_NOT_FED", { signature: signature.name, key: spec.key });
    if (value instanceof Problem) problems.push(value);
    else feeds.set(spec.key, value);
  }
  raise(problems);
  return feeds;
}

function collectMakers(texts: InputTexts, warn: (message: string) => void): Map<string, MakeValue> {
  const makers = new Map<string, MakeValue>();
  for (const [key, reference] of parseInputs(texts.inputs)) {
    makers.set(key, (dtype) => readValue(reference, dtype, warn));
  }
  for (const [key, literal] of parseInputExprs(texts.inputExprs)) {
    if (makers.has(key)) {
      warn(
        `input_key ${key} has been specified with both --inputs and --input_exprs options. Value in --input_exprs will be used.`,
      );
    }
    makers.set(key, (dtype) => literalToTensor(literal, dtype, `--input_exprs ${key}`));
  }
  for (const [key, literal] of parseInputExprs(texts.inputExamples)) {
    if (makers.has(key)) {
      warn(
        `input_key ${key} has been specified in multiple options. Value in --input_examples will be used.`,
      );
    }
    const examples = exampleTensor(key, literal);
    makers.set(key, (dtype) =>
      dtype === "string"
        ? examples
        : problem("EXAMPLES_MALFORMED", {
            key,
            reason: `the signature wants ${dtype}, not serialized tf.Examples`,
          }),
    );
  }
  if (makers.size === 0) fail("INPUTS_MISSING", {});
  return makers;
}

function readValue(
  reference: FileReference,
  dtype: DType,
  warn: (message: string) => void,
): TensorValue | Problem {
  const file = openFile(reference.file);
  try {
    const array = chooseArray(readArrays(file), reference.file, reference.variable, warn);
    return castTensor(array, dtype, reference.file);
  } finally {
    file.close();
  }
}

function feed(spec: TensorSpec, make: MakeValue): TensorValue | Problem {
  if (!spec.dtype) {
    return problem("INPUT_VALUE", {
      where: spec.key,
      reason: "this tool has no such element type",
      dtype: `type ${spec.tensorflowDtype}`,
    });
  }
  const value = make(spec.dtype);
  if (value instanceof Problem || fits(value.shape, spec.shape)) return value;
  return problem("INPUT_SHAPE", {
    key: spec.key,
    found: tuple(value.shape),
    wanted: tuple(spec.shape ?? []),
  });
}

function fits(shape: readonly number[], wanted: readonly number[] | undefined): boolean {
  if (!wanted) return true;
  return shape.length === wanted.length && wanted.every((size, axis) => size === -1 || size === shape[axis]);
}

function tuple(shape: readonly number[]): string {
  return `(${shape.join(", ")})`;
}
