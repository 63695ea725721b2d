// Real numbers that follow from free sizes, such as `height / 2`: a whole expression over a fixed number, rounded once to
// the type that holds it. Rounding it up or down gives a size again.
// Invariant: exact or not known. Dividing sizes rounds correctly, so that no result reaches a whole number which the quotient
// does not reach; arithmetic on a quotient is followed only where it was not rounded, that is, over a power of two.
// Not here: numbers that no free size decides (fixed-numbers.ts).
import {
  addDims,
  ceilDivDims,
  type Dim,
  DimExpression,
  divideExactly,
  floorDivDims,
  mulDims,
  sameDim,
  subDims,
  symbolsIn,
  termsOf,
} from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { lowest } from "../../aten/result-types/bounds.ts";

export interface Ratio {
  readonly dividend: Dim;
  /** Above zero. */
  readonly divisor: number;
}

/** Fractions of Python's numbers, such as 0.5, are halved so often at most. */
const MAX_HALVINGS = 20;

export const whole = (dividend: Dim): Ratio => ({ dividend, divisor: 1 });

/** A number of Python that is a small fraction of a power of two; undefined for others. */
export function ratioOf(value: number): Ratio | undefined {
  for (let halvings = 0; halvings <= MAX_HALVINGS; halvings++) {
    const dividend = value * 2 ** halvings;
    if (Number.isSafeInteger(dividend)) return { dividend, divisor: 2 ** halvings };
  }
  return undefined;
}

/** `a operator b` for `add`, `sub`, `mul` and `div`; undefined if it is not known exactly. */
export function combined(operator: string, a: Ratio, b: Ratio): Ratio | undefined {
  if (!isUnrounded(a) || !isUnrounded(b)) return undefined;
  const divisor = a.divisor * b.divisor;
  const [left, right] = [mulDims(a.dividend, b.divisor), mulDims(b.dividend, a.divisor)];
  if (operator === "add") return reduced(addDims(left, right), divisor);
  if (operator === "sub") return reduced(subDims(left, right), divisor);
  if (operator === "mul") return reduced(mulDims(a.dividend, b.dividend), divisor);
  if (operator !== "div") return undefined;
  if (typeof right === "number") return right > 0 ? reduced(left, right) : undefined;
  const quotient = lowest(right) > 0 ? divideExactly(left, right) : undefined;
  return quotient === undefined ? undefined : whole(quotient);
}

/** The root, if it is a whole number: of `16` or `9*height*height`. */
export function rootOf({ dividend, divisor }: Ratio): Dim | undefined {
  const [term, ...more] = termsOf(dividend);
  if (!term || more.length > 0 || divisor !== 1 || term.coefficient < 0) return undefined;
  const root = Math.round(Math.sqrt(term.coefficient));
  const atoms = term.atoms.filter((_, place) => place % 2 === 0); // they are sorted
  const product = mulDims(root, new DimExpression([{ coefficient: 1, atoms }]));
  return sameDim(mulDims(product, product), dividend) ? product : undefined;
}

/** Rounded down or up, or towards zero; undefined if that is not known. */
export function roundedTo(how: "floor" | "ceil" | "trunc", { dividend, divisor }: Ratio): Dim | undefined {
  if (how === "ceil") return ceilDivDims(dividend, divisor);
  if (how === "trunc" && divisor !== 1 && lowest(dividend) < 0) return undefined;
  return floorDivDims(dividend, divisor);
}

/** Whether the sizes in it are whole numbers of this type: in float32 those of one axis are, their products may be too large. */
export function isWithin({ dividend }: Ratio, dtype: DType): boolean {
  if (dtype === "float64") return true;
  return dtype === "float32" && isOfOneAxis(dividend);
}

/** Whether it depends on a free size. */
export function isFree({ dividend }: Ratio): boolean {
  return symbolsIn(dividend).size > 0;
}

function isOfOneAxis(dim: Dim): boolean {
  return termsOf(dim).every(
    ({ atoms }) => atoms.length <= 1 && atoms.every(({ args }) => args.every(isOfOneAxis)),
  );
}

function isUnrounded({ divisor }: Ratio): boolean {
  return Number.isInteger(Math.log2(divisor));
}

function reduced(dividend: Dim, divisor: number): Ratio {
  const common = termsOf(dividend).reduce(
    (factor, { coefficient }) => commonFactor(factor, coefficient),
    divisor,
  );
  return { dividend: divideExactly(dividend, common) ?? dividend, divisor: divisor / common };
}

function commonFactor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : commonFactor(b, a % b);
}
