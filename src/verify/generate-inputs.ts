// Makes up inputs for a signature, from a seed: the same seed gives the same numbers everywhere.
// Floats are normally distributed. Integers may be indices into anything, so that they stay within what the file's own
// example has, else are 0 and 1; bytes are taken for pictures. The first boolean is true: a mask of nothing proves little.
// Not here: which batch sizes are tried (cases.ts).
import { type Problem, problem } from "../core/errors.ts";
import type { TensorValue } from "../engine/engine.ts";
import { type Dim, substitute } from "../graph/dim.ts";
import { isInteger } from "../tensor/dtype.ts";
import { bytesOf, isNumeric, type NumericDType } from "../tensor/elements.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { InputType } from "./cases.ts";
import type { InputExample } from "./source.ts";

/** Integers below this, in number of values, unless the example says otherwise. */
const INTEGER_VALUES = 2;
const BYTE_VALUES = 256;

/** Pseudo-random numbers in [0, 1). Source: mulberry32, https://github.com/bryc/code (public domain) */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One value for each input; `sizes` says what free dimensions are. VERIFY_INPUT_NOT_GENERATED for strings and their like. */
export function generateInput(
  file: string,
  input: InputType,
  sizes: ReadonlyMap<string, number>,
  example: InputExample | undefined,
  random: () => number,
): TensorValue | Problem {
  const { name, dtype } = input;
  const shape = input.shape?.map((dim) => sizeOf(dim, sizes));
  if (!isNumeric(dtype) || !shape?.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    const found =
      shape && isNumeric(dtype) ? `of shape (${shape.join(", ")})` : shape ? dtype : "of unknown rank";
    return problem("VERIFY_INPUT_NOT_GENERATED", { file, input: name, found });
  }
  return { dtype, shape, data: bytesOf(dtype, elements(dtype, elementCount(shape), example, random)) };
}

function sizeOf(dim: Dim, sizes: ReadonlyMap<string, number>): number {
  const size = substitute(dim, (name) => sizes.get(name));
  return typeof size === "number" ? size : Number.NaN;
}

function elements(
  dtype: NumericDType,
  count: number,
  example: InputExample | undefined,
  random: () => number,
): number[] {
  const values = Array.from({ length: count }, () => 0);
  if (dtype === "bool") return values.map((_, at) => (at === 0 || random() < 0.5 ? 1 : 0));
  if (!isInteger(dtype)) return values.map(() => normal(random));
  const least = example?.least ?? 0;
  const most = example?.most ?? least + (dtype === "uint8" ? BYTE_VALUES : INTEGER_VALUES) - 1;
  return values.map(() => least + Math.floor(random() * (most - least + 1)));
}

/** Normally distributed, by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
