// What sizes are at least, whatever the inputs are.
// A symbol of an input is at least 1, a size that only running tells (`u3`) at least 0, an integer that only running tells
// (`ui3`) anything; of sums, products and functions it follows.
import {
  addDims,
  type Dim,
  type DimAtom,
  DimExpression,
  mulDims,
  subDims,
  symbolsIn,
  termsOf,
} from "../../../graph/dim.ts";

/** Functions within functions, and terms beside them, that are looked into; sizes of real models have two or three. */
const MAX_DEPTH = 3;
const MAX_TERMS = 6;

/** Whether a size follows from what only running tells. */
export function isCounted(size: Dim): boolean {
  return [...symbolsIn(size)].some((name) => /^ui?\d+$/.test(name));
}

/** Whether it is one that no input makes negative. */
export function isNeverNegative(dim: Dim): boolean {
  return lowest(dim) >= 0;
}

/** A bound that the value is never below. */
export function lowest(dim: Dim, depth = MAX_DEPTH): number {
  const plain = sumOfBounds(dim, depth);
  const terms = termsOf(dim);
  if (plain > Number.NEGATIVE_INFINITY || depth <= 0 || terms.length > MAX_TERMS) return plain;
  const bounds = terms.map(({ coefficient, atoms }) => {
    const [atom, ...more] = atoms;
    if (!atom || more.length > 0 || atom.kind === "symbol") return plain;
    const term = new DimExpression([{ coefficient, atoms }]);
    return withoutFunction(subDims(dim, term), coefficient, atom, depth - 1);
  });
  return Math.max(plain, ...bounds);
}

/** A bound of rest + coefficient * atom, from what the function is between. */
function withoutFunction(rest: Dim, coefficient: number, { kind, args }: DimAtom, depth: number): number {
  const [a, b] = args as [Dim, Dim]; // functions have two arguments
  const plus = (value: Dim) => addDims(rest, mulDims(value, coefficient));
  if (kind === "max" || kind === "min") {
    const bounds = [lowest(plus(a), depth), lowest(plus(b), depth)];
    // It is one of them; the larger of two is no less than either, the smaller no more.
    return (kind === "max") === coefficient > 0 ? Math.max(...bounds) : Math.min(...bounds);
  }
  if (typeof b !== "number" || b <= 0) return Number.NEGATIVE_INFINITY;
  if (kind === "mod") return coefficient < 0 ? lowest(plus(b - 1), depth) : lowest(rest, depth);
  // (a - b + 1) / b <= floordiv(a, b) <= a / b
  const numerator = coefficient < 0 ? a : subDims(a, b - 1);
  return Math.ceil(lowest(addDims(mulDims(rest, b), mulDims(numerator, coefficient)), depth) / b);
}

function sumOfBounds(dim: Dim, depth: number): number {
  let sum = 0;
  for (const { coefficient, atoms } of termsOf(dim)) {
    if (atoms.length === 0) sum += coefficient;
    else if (coefficient > 0) sum += coefficient * lowestProduct(atoms, depth);
    else return Number.NEGATIVE_INFINITY;
  }
  return sum;
}

function lowestProduct(atoms: readonly DimAtom[], depth: number): number {
  const bounds = atoms.map((atom) => lowestAtom(atom, depth));
  if (bounds.some((bound) => bound < 0)) return Number.NEGATIVE_INFINITY;
  return bounds.reduce((product, bound) => product * bound, 1);
}

function lowestAtom({ kind, key, args }: DimAtom, depth: number): number {
  if (kind === "symbol") return /^ui\d+$/.test(key) ? Number.NEGATIVE_INFINITY : /^u\d+$/.test(key) ? 0 : 1;
  const [a, b] = args as [Dim, Dim]; // functions have two arguments
  const bounds = args.map((arg) => lowest(arg, depth - 1));
  if (kind === "max") return Math.max(...bounds);
  if (kind === "min") return Math.min(...bounds);
  if (typeof b === "number" && b > 0) return kind === "mod" ? 0 : Math.floor(lowest(a, depth - 1) / b);
  return bounds.every((bound) => bound >= 0) ? 0 : Number.NEGATIVE_INFINITY;
}
