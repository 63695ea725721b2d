// What integer tensors without axes hold, where it follows from sizes: traced code computes sizes with such tensors.
// Only operators that make fresh tensors count, so that nobody writes into what is remembered.
import { addDims, type Dim, floorDivDims, modDims, mulDims, subDims } from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { isInteger } from "../../../tensor/dtype.ts";
import type { Value } from "../values.ts";
import type { Arguments } from "./context.ts";

const ARITHMETIC: Readonly<Record<string, (a: Dim, b: Dim) => Dim | undefined>> = {
  "aten::add": addDims,
  "aten::sub": subDims,
  "aten::rsub": (a, b) => subDims(b, a),
  "aten::mul": mulDims,
  "aten::floor_divide": divided,
  "aten::remainder": (a, b) => (b === 0 ? undefined : modDims(a, b)),
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
): Dim | undefined {
  if (type.shape.length > 0 || !isInteger(type.dtype)) return undefined;
  const [a, b] = given.positional.map(dimOf);
  if (operator === "aten::to") return copies && type.dtype === "int64" ? a : undefined;
  if (operator === "aten::div" && a !== undefined && b !== undefined) {
    const mode = given.named.get("rounding_mode");
    return mode?.kind === "string" ? divided(a, b) : undefined;
  }
  if (operator === "aten::neg" && a !== undefined) return mulDims(a, -1);
  const compute = ARITHMETIC[operator];
  if (!compute || a === undefined || b === undefined || given.positional.length > 2 || given.named.size > 0)
    return undefined;
  return compute(a, b);
}

function dimOf(value: Value): Dim | undefined {
  if (value.kind === "int") return value.value;
  return value.kind === "tensor" ? value.contents : undefined;
}
