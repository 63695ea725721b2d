// Random inputs for the proof, the same for the same model: rows that differ, and indices that the model's tables have.
import type { TensorValue } from "../engine/engine.ts";
import { attributeOf, type Node, type Value } from "../graph/graph.ts";
import type { TypedGraph } from "../graph/typed-graph.ts";
import { type DType, isFloat } from "../tensor/dtype.ts";
import { bytesOfNumbers, hasNumbers } from "../tensor/numbers.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { Values } from "./runnable.ts";

/** How the numbers are drawn; a model that gives nothing but NaN for one may take another. */
export const DRAWS = ["normal", "unit", "small"] as const;
export type Draw = (typeof DRAWS)[number];

/** Sizes that are free in the file get the first of these with which the model runs. */
export const FREE_SIZES: readonly number[] = [32, 64, 16, 224, 8, 5];

export interface InputSpec {
  readonly name: string;
  readonly dtype: DType;
  /** Undefined where the size is free. */
  readonly shape: readonly (number | undefined)[];
  /** Where the batch is; undefined for an input without it. */
  readonly axis: number | undefined;
  /** Integers stay below. */
  readonly bound: number;
}

/** What has to be drawn for each input. Undefined if an input is no tensor of numbers, or must not be drawn at random. */
export function inputSpecs(typed: TypedGraph, axes: ReadonlyMap<string, number>): InputSpec[] | undefined {
  const specs: InputSpec[] = [];
  for (const input of typed.graph.inputs) {
    const type = typed.knownType(input);
    if (type?.kind !== "tensor" || !type.shape || !hasNumbers(type.dtype) || steers(input)) return undefined;
    const shape = type.shape.map((dim) => (typeof dim === "number" ? dim : undefined));
    const { name } = input;
    specs.push({ name, dtype: type.dtype, shape, axis: axes.get(name), bound: indexBound(input, typed) });
  }
  return specs;
}

/** One set of inputs with `rows` rows. */
export function drawInputs(specs: readonly InputSpec[], rows: number, free: number, draw: Draw): Values {
  const random = generator(1);
  const values = new Map<string, TensorValue>();
  for (const { name, dtype, shape, axis, bound } of specs) {
    const sizes = shape.map((size, at) => (at === axis ? rows : (size ?? free)));
    const count = elementCount(sizes);
    const numbers = Array.from({ length: count }, () => number(dtype, random, draw, bound));
    values.set(name, { dtype, shape: sizes, data: bytesOfNumbers(dtype, numbers) });
  }
  return values;
}

function number(dtype: DType, random: () => number, draw: Draw, bound: number): number {
  if (!isFloat(dtype)) {
    if (dtype === "bool") return random() < 0.5 ? 0 : 1;
    return Math.floor(random() * (draw === "small" ? 2 : bound));
  }
  if (draw === "unit") return random();
  // Box and Muller's normal distribution.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return draw === "small" ? normal / 8 : normal;
}

/** Mulberry32: 32 bits of state are plenty for inputs that only have to differ. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whether an input says along which axis or for which length a DFT is: onnxruntime's does not end for a length of 0. */
function steers(input: Value): boolean {
  return [...input.consumers].some((node) => node.op === "DFT" && node.inputs[0] !== input);
}

/** Masks and flags are 0 or 1 where no table says more. */
const DEFAULT_BOUND = 2;
const MAX_BOUND = 1 << 15;
/** Nodes between an input and the tables that it indexes. */
const MAX_STEPS = 64;

/** One more than the largest index that every table has which the input's elements are looked up in. */
function indexBound(input: Value, typed: TypedGraph): number {
  let bound = Infinity;
  const seen = new Set<Value>([input]);
  for (const value of seen) {
    if (seen.size > MAX_STEPS) break;
    for (const node of value.consumers) {
      if (node.op === "Gather" && node.inputs[1] === value) bound = Math.min(bound, tableSize(node, typed));
      else if (MOVES.includes(node.op) && node.inputs[0] === value && node.outputs[0])
        seen.add(node.outputs[0]);
    }
  }
  return bound === Infinity ? DEFAULT_BOUND : Math.max(1, Math.min(bound, MAX_BOUND));
}

/** Operators whose result has the elements of their first input. */
const MOVES: readonly string[] =
  "Cast Concat Expand Flatten Identity Reshape Slice Squeeze Transpose Unsqueeze".split(" ");

function tableSize(node: Node, typed: TypedGraph): number {
  const [table] = node.inputs;
  const type = table && typed.knownType(table);
  const shape = type?.kind === "tensor" ? type.shape : undefined;
  const axis = attributeOf(node, "axis", "int") ?? 0;
  const size = shape?.at(axis);
  return typeof size === "number" ? size : DEFAULT_BOUND;
}
