// Inference of operators that work element by element with broadcasting; the families beside it are tables over this.
import type { DType } from "../../tensor/dtype.ts";
import type { Dim } from "../dim.ts";
import type { Known } from "../evaluate/arithmetic.ts";
import { broadcastView, positionsOf } from "../evaluate/layout.ts";
import type { InferContext, Inferred } from "./definition.ts";
import { broadcastShapes, numbersOnly, result, smallCount } from "./shapes.ts";

/** Computes one element of the result from one element of each input. */
export type ElementRule = (elements: readonly Dim[], dtype: DType) => Known;

/**
 * Type of `f(inputs)` and its contents where all inputs have contents.
 * `dtype` is the result's; the rule gets the first known dtype of the inputs.
 */
export function inferElementwise(
  context: InferContext,
  inputs: readonly number[],
  dtype: DType | undefined,
  rule?: ElementRule,
): Inferred | undefined {
  const types = inputs.map((index) => context.type(index));
  const from = types.find((type) => type !== undefined)?.dtype;
  const to = dtype ?? from;
  if (!from || !to) return undefined;
  const shapes = types.map((type) => type?.shape);
  if (!shapes.every((shape) => shape !== undefined)) return result(to, undefined);
  const shape = broadcastShapes(shapes);
  return result(to, shape, rule && compute(context, inputs, shape, (elements) => rule(elements, from)));
}

function compute(
  context: InferContext,
  inputs: readonly number[],
  shape: readonly Dim[],
  rule: (elements: readonly Dim[]) => Known,
): (Dim | undefined)[] | undefined {
  const count = smallCount(context, shape);
  const sizes = numbersOnly(shape);
  if (count === undefined || !sizes) return undefined;
  const columns: Dim[][] = [];
  for (const index of inputs) {
    const contents = context.contents(index);
    const from = numbersOnly(context.shape(index));
    if (!contents || !from) return undefined;
    columns.push(positionsOf(broadcastView(from, sizes)).map((position) => contents[position] as Dim)); // in range
  }
  const computed: (Dim | undefined)[] = [];
  for (let at = 0; at < count; at++) {
    const element = rule(columns.map((column) => column[at] as Dim)); // every column has `count`
    if (element === undefined) return undefined;
    computed.push(element);
  }
  return computed;
}
