// What the inference of many operators shares: axes, broadcasting, and results in short form.
import type { DType } from "../../tensor/dtype.ts";
import { type Dim, maxDims, sameDim } from "../dim.ts";
import type { Node } from "../graph.ts";
import { tensorType, typeText } from "../type.ts";
import { IllTyped, type InferContext, type Inferred } from "./definition.ts";

/** A tensor result. Contents with an unknown element are no contents. */
export function result(
  dtype: DType,
  shape: readonly Dim[] | undefined,
  contents?: readonly (Dim | undefined)[],
): Inferred {
  const known = contents?.every((element) => element !== undefined)
    ? (contents as readonly Dim[])
    : undefined;
  return { type: tensorType(dtype, shape), contents: known };
}

/** The dtype that an input is known to have before any inference, for the versions of operators. */
export function declaredDtype(node: Node, index: number): DType | undefined {
  const value = node.inputs[index];
  return value?.initializer?.dtype ?? (value?.type?.kind === "tensor" ? value.type.dtype : undefined);
}

/** Axes of a tensor: more are a mistake in the file, or a number of rows taken for one of axes. TensorFlow has 254. */
const MAX_RANK = 254;

/** A result of known rank whose sizes only running tells. Throws IllTyped if no tensor has so many. */
export function unknownSizes(context: InferContext, rank: number): Dim[] {
  if (rank > MAX_RANK)
    throw new IllTyped(`${rank} dimensions are more than the ${MAX_RANK} that a tensor has`);
  return Array.from({ length: rank }, () => context.unknownDim());
}

/** The axis counted from the front. Throws IllTyped outside [-rank, rank). */
export function axisOf(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw new IllTyped(`axis ${axis} of ${rank} dimensions`);
  return axis < 0 ? axis + rank : axis;
}

export function numbersOnly(dims: readonly Dim[] | undefined): readonly number[] | undefined {
  return dims?.every((dim) => typeof dim === "number") ? (dims as readonly number[]) : undefined;
}

/** NumPy's broadcasting. A symbol against a number other than 1 can only be that number (or 1). */
export function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === 1 || sameDim(a, b)) return b;
  if (b === 1) return a;
  if (typeof a === "number" && typeof b === "number")
    throw new IllTyped(`sizes ${a} and ${b} do not broadcast`);
  if (typeof a === "number") return a;
  return typeof b === "number" ? b : maxDims(a, b);
}

export function broadcastShapes(shapes: readonly (readonly Dim[])[]): Dim[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    shapes.reduce<Dim>((dim, shape) => broadcastDim(dim, shape[axis - rank + shape.length] ?? 1), 1),
  );
}

/** Two sizes that must be equal: the more specific one. Throws IllTyped if they cannot be. */
export function sameSize(a: Dim, b: Dim, what: string): Dim {
  if (typeof a === "number" && typeof b === "number" && a !== b) {
    throw new IllTyped(`${what}: ${a} and ${b} should be equal`);
  }
  return typeof a === "number" ? a : b;
}

/** The input's shape, which must have at least `rank` dimensions; undefined if it is unknown. */
export function shapeOfRank(context: InferContext, index: number, rank: number): readonly Dim[] | undefined {
  const shape = context.shape(index);
  if (shape && shape.length < rank) {
    throw new IllTyped(
      `input ${index} is ${typeText(context.type(index))}, at least ${rank} dimensions are wanted`,
    );
  }
  return shape;
}

/** The input's type with nothing else known: for operators that keep it. */
export function sameAs(context: InferContext, index: number): Inferred | undefined {
  const type = context.valueType(index);
  return type && { type };
}

/** Number of elements if it is known and small enough to compute contents. */
export function smallCount(context: InferContext, shape: readonly Dim[] | undefined): number | undefined {
  const sizes = numbersOnly(shape);
  if (!sizes) return undefined;
  const count = sizes.reduce((product, size) => product * size, 1);
  return count <= context.maxElements ? count : undefined;
}
