// Sizes under the assumption that whatever is divided divides: a view of an image as windows asks for it, and the run ends
// where it is not so. height and 4 * floordiv(height, 4) are then the same, and so are a half rounded up and down.
// Not here: what is the same for every input (dim.ts).
import {
  addDims,
  type Dim,
  type DimAtom,
  DimExpression,
  divideExactly,
  mulDims,
  sameDim,
  termsOf,
} from "./dim.ts";

/** A whole expression over a fixed number. */
interface Quotient {
  readonly dividend: Dim;
  readonly divisor: number;
}

const one: Quotient = { dividend: 1, divisor: 1 };

/** Whether two sizes are the same wherever all floor divisions in them are exact, but for fixed numbers beside what is divided. */
export function isSameIfDivisible(a: Dim, b: Dim): boolean {
  return sameDim(...crossed(a, b));
}

/** `a / b` wherever all floor divisions in them are exact; undefined if it is no whole expression then. */
export function divideIfDivisible(a: Dim, b: Dim): Dim | undefined {
  return divideExactly(...crossed(a, b));
}

/** Two sizes over a common divisor. */
function crossed(a: Dim, b: Dim): [Dim, Dim] {
  const [left, right] = [divided(a), divided(b)];
  return [mulDims(left.dividend, right.divisor), mulDims(right.dividend, left.divisor)];
}

function divided(dim: Dim): Quotient {
  let sum: Quotient = { dividend: 0, divisor: 1 };
  for (const { coefficient, atoms } of termsOf(dim)) {
    const product = atoms.reduce((value, atom) => times(value, dividedAtom(atom)), one);
    sum = plus(sum, times({ dividend: coefficient, divisor: 1 }, product));
  }
  return sum;
}

/** floordiv(x + k, n) is x / n + floor(k / n) where n divides x. */
function dividedAtom(atom: DimAtom): Quotient {
  const [a, n] = atom.args;
  const isDivision = atom.kind === "floordiv" && a !== undefined && typeof n === "number" && n > 0;
  if (!isDivision) return { dividend: new DimExpression([{ coefficient: 1, atoms: [atom] }]), divisor: 1 };
  const constant = termsOf(a).find(({ atoms }) => atoms.length === 0)?.coefficient ?? 0;
  const { dividend, divisor } = divided(addDims(a, -constant));
  return plus({ dividend, divisor: divisor * n }, { dividend: Math.floor(constant / n), divisor: 1 });
}

function plus(a: Quotient, b: Quotient): Quotient {
  const dividend = addDims(mulDims(a.dividend, b.divisor), mulDims(b.dividend, a.divisor));
  return { dividend, divisor: a.divisor * b.divisor };
}

function times(a: Quotient, b: Quotient): Quotient {
  return { dividend: mulDims(a.dividend, b.dividend), divisor: a.divisor * b.divisor };
}
