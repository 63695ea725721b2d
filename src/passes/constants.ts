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

/** Whether the constant is this number, as near as its float type can say, and gives what it meets no further axes. */
export function isScalar(value: Value | undefined, wanted: number, beside?: Value): boolean {
  const number = keepsShape(value, beside) ? scalarIn(value) : undefined;
  return number !== undefined && Math.abs(number - wanted) <= TOLERANCE * Math.max(1, Math.abs(wanted));
}

const TOLERANCE = 1e-6;

/** For a commutative operator: [the input that is no such constant, the constant's number]. */
export function splitScalar(node: Node): readonly [Value, number] | undefined {
  const [a, b] = node.inputs;
  if (!a || !b) return undefined;
  const right = keepsShape(b, a) ? scalarIn(b) : undefined;
  if (right !== undefined) return [a, right];
  const left = keepsShape(a, b) ? scalarIn(a) : undefined;
  return left === undefined ? undefined : [b, left];
}

/** A constant of one element with more axes than what it meets would give the result its own. */
function keepsShape(constant: Value | undefined, beside: Value | undefined): boolean {
  const rank = constant?.initializer?.shape.length ?? 0;
  const type = beside?.type;
  const known = type?.kind === "tensor" ? type.shape?.length : undefined;
  return rank <= (known ?? 0);
}
