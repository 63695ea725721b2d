// What number tensors without axes hold, where it follows from sizes: traced code computes sizes with such tensors.
// Only operators that make fresh tensors count, so that nobody writes into what is remembered.
// Not here: what fixed numbers alone decide (fixed-numbers.ts).
import {
  addDims,
  type Dim,
  floorDivDims,
  maxDims,
  minDims,
  modDims,
  mulDims,
  subDims,
} from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { type DType, isInteger } from "../../../tensor/dtype.ts";
import { int, type TensorValue, type Value } from "../values.ts";
import type { Arguments } from "./context.ts";
import { combined, isFree, isWithin, type Ratio, ratioOf, rootOf, roundedTo, whole } from "./ratio.ts";

const ARITHMETIC: Readonly<Record<string, (a: Dim, b: Dim) => Dim | undefined>> = {
  "aten::add": addDims,
  "aten::sub": subDims,
  "aten::rsub": (a, b) => subDims(b, a),
  "aten::mul": mulDims,
  "aten::floor_divide": divided,
  "aten::remainder": (a, b) => (b === 0 ? undefined : modDims(a, b)),
  "aten::min": minDims,
  "aten::max": maxDims,
  "aten::minimum": minDims,
  "aten::maximum": maxDims,
};

/** Rounding down and towards zero are the same where nothing is negative. */
function divided(a: Dim, b: Dim): Dim | undefined {
  if (b === 0 || (typeof b === "number" && b < 0) || (typeof a === "number" && a < 0)) return undefined;
  return floorDivDims(a, b);
}

/** The element of a result; undefined if it is not known. A conversion may give back what it got, unless it copies. */
export function contentsOf(
  operator: string,
  given: Arguments,
  type: RankedType,
  copies: boolean,
  dtypeOf: (tensor: string) => DType,
): Dim | Ratio | undefined {
  if (type.shape.length > 0) return undefined;
  const [self] = given.positional;
  if (operator === "aten::to") {
    const isFresh = copies || (self?.kind === "tensor" && dtypeOf(self.name) !== type.dtype);
    if (!isFresh) return undefined;
    if (self && type.dtype === "int64") return integerOf(self);
  }
  if (!isInteger(type.dtype)) return realContents(operator, given, type.dtype);
  const [a, b] = given.positional.map(sizeIn);
  if (operator === "aten::div" && a !== undefined && b !== undefined) {
    const mode = given.named.get("rounding_mode");
    return mode?.kind === "string" ? divided(a, b) : undefined;
  }
  if (operator === "aten::neg" && a !== undefined) return mulDims(a, -1);
  const compute = ARITHMETIC[operator];
  if (takesAxis(operator, given)) return undefined;
  if (!compute || a === undefined || b === undefined || given.positional.length > 2 || given.named.size > 0)
    return undefined;
  return compute(a, b);
}

/** Operators that take a tensor or a number of this place; from a number the sizes of their results follow. */
const COUNTS: Readonly<Record<string, number>> = { "aten::repeat_interleave": 1, "aten::tensor_split": 1 };

/** The arguments with the number in place of the tensor that holds it, where the operator takes either. */
export function withCounts(operator: string, given: Arguments): Arguments {
  const place = Object.hasOwn(COUNTS, operator) ? COUNTS[operator] : undefined;
  const count = place === undefined ? undefined : given.positional[place];
  const size = count?.kind === "tensor" ? sizeIn(count) : undefined;
  if (size === undefined) return given;
  return { ...given, positional: given.positional.map((value, at) => (at === place ? int(size) : value)) };
}

/** Whether it is `min` or `max` along an axis: with a number beside the tensor. */
export function takesAxis(operator: string, { positional }: Arguments): boolean {
  return /::(min|max)$/.test(operator) && positional.length > 1 && positional[1]?.kind !== "tensor";
}

/** The integer that an integer tensor holds, or an integer of Python is; undefined if it is not known. */
export function sizeIn(value: Value): Dim | undefined {
  if (value.kind === "int") return value.value;
  if (value.kind !== "tensor" || value.contents === undefined || isRatio(value.contents)) return undefined;
  return value.contents;
}

/** The number, as a fraction, that a value is or holds; undefined if it is not known exactly. */
export function ratioIn(value: Value): Ratio | undefined {
  if (value.kind === "float") return ratioOf(value.value);
  if (value.kind === "scalar") return value.ratio;
  const size = sizeIn(value);
  if (size !== undefined) return whole(size);
  return value.kind === "tensor" ? ratioInTensor(value) : undefined;
}

function ratioInTensor({ contents, fixed, number }: TensorValue): Ratio | undefined {
  if (contents !== undefined && isRatio(contents)) return contents;
  const known = fixed?.length === 1 ? fixed[0] : number?.kind === "float" ? number.value : undefined;
  return known === undefined ? undefined : ratioOf(known);
}

function isRatio(contents: Dim | Ratio): contents is Ratio {
  return typeof contents === "object" && "divisor" in contents;
}

/** The integer that converting a number gives. */
function integerOf(value: Value): Dim | undefined {
  const size = sizeIn(value);
  if (size !== undefined) return size;
  const ratio = ratioIn(value);
  return ratio && roundedTo("trunc", ratio);
}

/** The element of a result of a real type, if a free size decides it. */
function realContents(operator: string, given: Arguments, dtype: DType): Ratio | undefined {
  const ratios = given.positional.map(ratioIn);
  const [a, b] = ratios;
  if (!a || ratios.some((ratio) => ratio && !isWithin(ratio, dtype))) return undefined;
  const result = operator === "aten::to" ? a : computed(operator, a, b, given);
  return result && isFree(result) && isWithin(result, dtype) ? result : undefined;
}

function computed(operator: string, a: Ratio, b: Ratio | undefined, given: Arguments): Ratio | undefined {
  const name = operator.slice("aten::".length);
  const count = given.positional.length;
  if (count === 1 && given.named.size === 0) {
    if (name === "neg") return combined("mul", a, whole(-1));
    return name === "sqrt" ? wholeIfKnown(rootOf(a)) : rounded(name, a);
  }
  if (!b || count > 2) return undefined;
  const mode = given.named.get("rounding_mode");
  if (name === "div" && given.named.size === 1 && mode?.kind === "string") {
    const quotient = combined("div", a, b);
    return quotient && rounded(mode.value, quotient);
  }
  if (given.named.size > 0) return undefined;
  if (name === "pow") return b.dividend === 1 && b.divisor === 2 ? wholeIfKnown(rootOf(a)) : undefined;
  if (name === "rsub") return combined("sub", b, a);
  return combined(name, a, b);
}

function rounded(how: string, ratio: Ratio): Ratio | undefined {
  if (how !== "floor" && how !== "ceil" && how !== "trunc") return undefined;
  return wholeIfKnown(roundedTo(how, ratio));
}

function wholeIfKnown(size: Dim | undefined): Ratio | undefined {
  return size === undefined ? undefined : whole(size);
}
