// What tiny tensors hold where it follows from fixed numbers alone, such as the scale that an image of a fixed size is
// resized by: sizes that are computed from it are then fixed too.
// Invariant: rounded as PyTorch rounds, after each operator. A tensor that any other operator gets, which may make a view
// of it to be written into, is no longer remembered.
// Not here: integers that follow from free sizes (contents.ts).
import type { RankedType } from "../../../graph/typed-graph.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { itemsOf, type Value } from "../values.ts";
import { sizeIn, takesAxis } from "./contents.ts";
import type { Arguments } from "./context.ts";
import { roundHalfEven } from "./python/numbers.ts";

/** Sizes, scales and paddings of an image have a few numbers. */
const MAX_ELEMENTS = 16;

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  "aten::reciprocal": (x) => 1 / x,
  "aten::neg": (x) => -x,
  "aten::floor": Math.floor,
  "aten::ceil": Math.ceil,
  "aten::trunc": Math.trunc,
  "aten::round": roundHalfEven,
  "aten::abs": Math.abs,
  "aten::sqrt": Math.sqrt,
};

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  "aten::add": (a, b) => a + b,
  "aten::sub": (a, b) => a - b,
  "aten::rsub": (a, b) => b - a,
  "aten::mul": (a, b) => a * b,
  "aten::div": (a, b) => a / b,
  "aten::floor_divide": wholeQuotient,
  "aten::remainder": (a, b) => a - b * wholeQuotient(a, b),
  "aten::min": Math.min,
  "aten::max": Math.max,
  "aten::minimum": Math.min,
  "aten::maximum": Math.max,
  // The powers that PyTorch computes without its general function, which rounds otherwise on each machine.
  "aten::pow": (a, b) => (b === 0.5 ? Math.sqrt(a) : b === 2 ? a * a : Number.NaN),
};

/** NaN, which is not remembered, where PyTorch divides otherwise. */
function wholeQuotient(a: number, b: number): number {
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) && b !== 0 ? Math.floor(a / b) : Number.NaN;
}

/** Forgets what tensors hold that an operator gets, unless it is one that only computes. */
export function forgetFixed(operator: string, given: Arguments): void {
  if (operator in UNARY || operator in BINARY || operator === "aten::to") return;
  for (const value of [...given.positional, ...given.named.values()])
    for (const item of itemsOf(value) ?? [value]) if (item.kind === "tensor") item.fixed = undefined;
}

/** The elements of a result in order; undefined if they are not known. */
export function fixedResult(
  operator: string,
  given: Arguments,
  type: RankedType,
  dtypeOf: (tensor: string) => DType,
): readonly number[] | undefined {
  const [first, second, ...more] = given.positional;
  const a = first && elementsOf(first, type.dtype);
  if (!a) return undefined;
  if (operator === "aten::to") {
    // To the type that it has it may be the tensor itself.
    const converts = first.kind === "tensor" && dtypeOf(first.name) !== type.dtype;
    return converts ? rounded(a, type) : undefined;
  }
  if (given.named.size > 0 || more.length > 0) return undefined;
  if (!second) {
    const unary = UNARY[operator];
    if (unary) return rounded(a.map(unary), type);
    if (operator === "aten::min") return rounded([Math.min(...a)], type);
    return operator === "aten::max" ? rounded([Math.max(...a)], type) : undefined;
  }
  const compute = BINARY[operator];
  const b = elementsOf(second, type.dtype);
  if (!compute || !b || takesAxis(operator, given)) return undefined;
  const count = Math.max(a.length, b.length);
  if ([a, b].some(({ length }) => length !== 1 && length !== count)) return undefined;
  const at = (list: readonly number[], place: number) => list[list.length === 1 ? 0 : place] ?? Number.NaN;
  return rounded(
    Array.from({ length: count }, (_, place) => compute(at(a, place), at(b, place))),
    type,
  );
}

/** Numbers of Python as the elements of a tensor. */
export function fixedElements(items: readonly Value[], type: RankedType): readonly number[] | undefined {
  const numbers = items.map((item) =>
    item.kind === "int" || item.kind === "float" ? item.value : undefined,
  );
  return numbers.every((value) => typeof value === "number") ? rounded(numbers, type) : undefined;
}

/** Of a number, as the type of the result has it, in which PyTorch computes. */
function elementsOf(value: Value, dtype: DType): readonly number[] | undefined {
  const elements = value.kind === "tensor" && value.fixed ? value.fixed : singleElement(value);
  return dtype === "float32" ? elements?.map(Math.fround) : elements;
}

/** A number of Python, also one that became a tensor, and a size that a tensor holds. */
function singleElement(value: Value): readonly number[] | undefined {
  const number = value.kind === "tensor" ? value.number : value;
  const known = sizeIn(value) ?? (number?.kind === "float" ? number.value : undefined);
  return typeof known === "number" ? [known] : undefined;
}

function rounded(elements: readonly number[], { dtype, shape }: RankedType): readonly number[] | undefined {
  const count = shape.reduce<number>(
    (product, size) => product * (typeof size === "number" ? size : Number.NaN),
    1,
  );
  if (count !== elements.length || count > MAX_ELEMENTS) return undefined;
  if (elements.some(Number.isNaN)) return undefined;
  if (dtype === "float64") return elements;
  if (dtype === "float32") return elements.map(Math.fround);
  const isWhole = dtype === "int64" || dtype === "int32";
  const limit = dtype === "int32" ? 2 ** 31 : Number.MAX_SAFE_INTEGER;
  const whole = elements.map((value) => Math.trunc(value) + 0); // there is no -0
  return isWhole && whole.every((value) => Math.abs(value) < limit) ? whole : undefined;
}
