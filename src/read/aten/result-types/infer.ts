// What a rule for result types is, and what most of them share.
// Invariant: a size that cannot be shown to be right is refused, never guessed: symbols meet only what is equal to them.
// Not here: the table (index.ts); ONNX's own inference (graph/infer-types.ts).
import { type Dim, sameDim } from "../../../graph/dim.ts";
import { isSameIfDivisible } from "../../../graph/dividing.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { type Facts, Refusal } from "../argument.ts";
import { type Operand, promote } from "../promote.ts";
import { isCounted } from "./bounds.ts";

/** Types of a call's results in order, lists flattened. `fresh` makes a symbol for a size that only running tells. */
export type Infer = (call: Facts, fresh: () => Dim) => readonly RankedType[];

/** Rules by operator, without namespace, overload, and the underscore of the in-place form. */
export type InferTable = Readonly<Record<string, Infer>>;

export function typed(dtype: DType, shape: readonly Dim[]): RankedType {
  return { kind: "tensor", dtype, shape };
}

/** One rule for several operators. */
export function forEach(names: string, infer: Infer): InferTable {
  return Object.fromEntries(names.split(" ").map((name) => [name, infer]));
}

/** The name of the first argument, whatever it is called. */
export function firstArgument(call: Facts): string {
  return call.schema?.arguments[0]?.name ?? "self";
}

export const sameAs =
  (argument?: string): Infer =>
  (call) => [call.type(argument ?? firstArgument(call))];

/** Dtype and class of an argument for type promotion; undefined if it is absent. */
export function operandOf(call: Facts, name: string): Operand | undefined {
  const argument = call.argument(name);
  if (argument.kind === "none") return undefined;
  if (argument.kind === "tensor") {
    const { dtype, shape } = call.type(name);
    return { dtype, rank: shape.length > 0 ? "dims" : "scalar" };
  }
  if (argument.kind === "complex") return { dtype: "complex64", rank: "number" };
  const { kind } = call.scalar(name);
  const dtype = kind === "bool" ? "bool" : kind === "float" || kind === "symbol" ? "float32" : "int64";
  return { dtype, rank: "number" };
}

/** The dtype that these arguments promote to. */
export function promoted(call: Facts, names: readonly string[]): DType {
  return promote(names.flatMap((name) => operandOf(call, name) ?? []));
}

/** The broadcast shape of the arguments that are tensors. */
export function broadcastOf(call: Facts, names: readonly string[]): Dim[] {
  const shapes = names.flatMap((name) => (call.argument(name).kind === "tensor" ? [call.shape(name)] : []));
  return broadcast(shapes);
}

/** The common shape; sizes that meet must be equal or 1 for certain, or else the run ends. */
export function broadcast(shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.flatMap((shape) => shape[axis - (rank - shape.length)] ?? []);
    return sizes.reduce(common, 1);
  });
}

/** A fixed size that is not 1 is the common one, whatever running tells of the other. */
function common(a: Dim, b: Dim): Dim {
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === "number" && isCounted(b)) return a;
  return typeof b === "number" && isCounted(a) ? b : same(a, b);
}

/** The size that two sizes are which must be equal, or else the run ends. */
export function sameOrEnd(a: Dim, b: Dim): Dim {
  if (isCounted(b) || isSameIfDivisible(a, b)) return a;
  return isCounted(a) ? b : same(a, b);
}

/** The size that two equal sizes are. */
export function same(a: Dim, b: Dim): Dim {
  if (!sameDim(a, b))
    throw new Refusal(
      `sizes ${a} and ${b} meet, which are not the same for every input (equal sizes have one name in --input)`,
    );
  return a;
}

/** The shape without these axes, or with ones in their places. */
export function withoutAxes(shape: readonly Dim[], axes: readonly number[], keep: boolean): Dim[] {
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [size]));
}

export function replaced(shape: readonly Dim[], axis: number, size: Dim): Dim[] {
  return shape.map((old, index) => (index === axis ? size : old));
}
