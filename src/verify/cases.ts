// The inputs that a model is verified on: the groups of a file of recorded arrays, or made up at several batch sizes.
// The batch is the symbol on the first axis of inputs; other free sizes are the caller's, the file's own example's, or a
// number that suits pictures and sequences alike.
import { Problem, raise } from "../core/errors.ts";
import { castTensor } from "../engine/cast-tensor.ts";
import type { TensorValue } from "../engine/engine.ts";
import { type Dim, symbolName, symbolsIn } from "../graph/dim.ts";
import type { Value } from "../graph/graph.ts";
import type { DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { generateInput, randomNumbers } from "./generate-inputs.ts";
import { groupsOf, missingArray } from "./recorded.ts";
import type { InputExample } from "./source.ts";

/** An input as the converted model takes it. */
export interface InputType {
  readonly name: string;
  readonly dtype: DType;
  /** Undefined where not even the rank is known. */
  readonly shape: readonly Dim[] | undefined;
}

export interface VerifyCase {
  /** A batch size, or the name of a recorded group; empty where there is one and it has no name. */
  readonly name: string;
  readonly inputs: readonly TensorValue[];
  /** Recorded outputs in the model's order; undefined if the source is to say what they are. */
  readonly outputs: readonly Tensor[] | undefined;
}

export interface Recorded {
  readonly file: string;
  readonly arrays: ReadonlyMap<string, Tensor>;
  /** The outputs are those of another precision. */
  readonly inputsOnly?: boolean;
}

/** Free sizes that nothing tells: a multiple of what networks divide pictures by, and a short sequence. */
const DEFAULT_SIZE = 32;

export function inputTypes(inputs: readonly Pick<Value, "name" | "type">[]): InputType[] {
  return inputs.map(({ name, type }) => ({
    name,
    dtype: type?.kind === "tensor" ? type.dtype : "string",
    shape: type?.kind === "tensor" ? type.shape : undefined,
  }));
}

/**
 * One case for each recorded group. Outputs may be absent from a group, all together, if `needsOutputs` is false.
 * Throws VERIFY_ARRAY_MISSING and INPUT_VALUE: all of them at once.
 */
export function recordedCases(
  recorded: Recorded,
  inputs: readonly InputType[],
  outputs: readonly string[],
  needsOutputs: boolean,
): VerifyCase[] {
  const { file } = recorded;
  const problems: Problem[] = [];
  const cases = [...groupsOf(recorded.arrays)].map(([name, arrays]) => {
    const values = inputs.flatMap((input, index): TensorValue[] => {
      const names = [input.name, `in${index}`];
      const tensor = firstOf(arrays, names);
      const value = tensor
        ? castTensor(tensor, input.dtype, `${file}[${input.name}]`)
        : missingArray(file, name, `input ${input.name}`, names);
      if (!(value instanceof Problem)) return [value];
      problems.push(value);
      return [];
    });
    const wanted = outputs.map((output, index) => firstOf(arrays, [output, `out${index}`]));
    const absent = wanted.indexOf(undefined);
    const isBare = recorded.inputsOnly || (!needsOutputs && wanted.every((tensor) => tensor === undefined));
    if (absent !== -1 && !isBare) {
      const output = outputs[absent] ?? "";
      problems.push(missingArray(file, name, `output ${output}`, [output, `out${absent}`]));
    }
    return { name, inputs: values, outputs: isBare ? undefined : (wanted as Tensor[]) }; // absent ones are problems
  });
  raise(problems);
  return cases;
}

function firstOf(arrays: ReadonlyMap<string, Tensor>, names: readonly string[]): Tensor | undefined {
  return names.map((name) => arrays.get(name)).find((tensor) => tensor !== undefined);
}

export interface Generation {
  readonly file: string;
  readonly batchSizes: readonly number[];
  /** What the caller says of free sizes, by name. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly seed: number;
  /** The source's own example, one for each input, or none. */
  readonly examples: readonly InputExample[];
}

/** One case for each batch size; a single one if no input has a free batch. Throws VERIFY_INPUT_NOT_GENERATED. */
export function generatedCases(inputs: readonly InputType[], of: Generation): VerifyCase[] {
  const batch = batchSymbols(inputs);
  const names = batch.size > 0 ? of.batchSizes.map(String) : [fixedBatch(inputs)];
  const problems: Problem[] = [];
  const cases = names.map((name) => {
    const random = randomNumbers(of.seed);
    const sizes = sizesFor(inputs, of, batch, Number(name));
    const values = inputs.flatMap((input, index) => {
      const value = generateInput(of.file, input, sizes, of.examples[index], random);
      if (!(value instanceof Problem)) return [value];
      problems.push(value);
      return [];
    });
    return { name, inputs: values, outputs: undefined };
  });
  raise(problems);
  return cases;
}

/** The symbols that are the batch. */
function batchSymbols(inputs: readonly InputType[]): Set<string> {
  const symbols = inputs.flatMap(({ shape }) => {
    const [first] = shape ?? [];
    return first === undefined ? [] : [symbolName(first)];
  });
  return new Set(symbols.filter((name) => name !== undefined));
}

function fixedBatch(inputs: readonly InputType[]): string {
  const first = inputs.find(({ shape }) => (shape?.length ?? 0) > 0)?.shape?.[0];
  return first === undefined ? "" : String(first);
}

function sizesFor(
  inputs: readonly InputType[],
  of: Generation,
  batch: ReadonlySet<string>,
  batchSize: number,
): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [index, { shape }] of inputs.entries()) {
    for (const [axis, dim] of (shape ?? []).entries()) {
      const own = symbolName(dim);
      const example = own === undefined ? undefined : of.examples[index]?.shape[axis];
      for (const name of symbolsIn(dim)) {
        if (batch.has(name)) sizes.set(name, of.sizes[name] ?? batchSize);
        else if (example !== undefined || !sizes.has(name))
          sizes.set(name, of.sizes[name] ?? example ?? DEFAULT_SIZE);
      }
    }
  }
  return sizes;
}
