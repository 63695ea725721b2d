// Questions about constants that patterns ask.
import type { Node, Value } from "../graph/graph.ts";
import { contentsOfConstant, MAX_CONTENTS_ELEMENTS } from "../graph/infer-context.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The constant an input holds, if it holds one. */
export function constantInput(node: Node, index: number): Tensor | undefined {
  return node.inputs[index]?.initializer;
}

/** The numbers of a small constant. */
export function numbersIn(value: Value | undefined): readonly number[] | undefined {
  return value?.initializer && contentsOfConstant(value.initializer, MAX_CONTENTS_ELEMENTS);
}

/** The number that a constant of one element holds. */
export function scalarIn(value: Value | undefined): number | undefined {
  const numbers = numbersIn(value);
  return numbers?.length === 1 ? numbers[0] : undefined;
}

/** Whether the constant is this number, as near as its float type can say. */
export function isScalar(value: Value | undefined, wanted: number, tolerance = 1e-6): boolean {
  const number = scalarIn(value);
  return number !== undefined && Math.abs(number - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
}

/** For a commutative operator: [the input that is no such constant, the constant's number]. */
export function splitScalar(node: Node): readonly [Value, number] | undefined {
  const [a, b] = node.inputs;
  if (!a || !b) return undefined;
  const right = scalarIn(b);
  if (right !== undefined) return [a, right];
  const left = scalarIn(a);
  return left === undefined ? undefined : [b, left];
}
