// Comparisons of sizes, as far as they turn out the same for every input.
// A symbol of an input is at least 1, a size that only running tells at least 0, an integer (`ui`) anything; intervals of
// sums of products follow.
import { type Dim, type DimAtom, subDims, symbolsIn, termsOf } from "../../../../graph/dim.ts";
import { unknownNumber } from "../../values.ts";

export type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** Whether it holds for every input (true), for none (false), or for some (undefined). */
export function compareSizes(how: Comparison, a: Dim, b: Dim): boolean | undefined {
  const difference = subDims(a, b);
  const low = lowest(difference);
  const high = -lowest(subDims(b, a));
  switch (how) {
    case "eq":
      return low === 0 && high === 0 ? true : low > 0 || high < 0 ? false : undefined;
    case "ne":
      return low === 0 && high === 0 ? false : low > 0 || high < 0 ? true : undefined;
    case "lt":
      return high < 0 ? true : low >= 0 ? false : undefined;
    case "le":
      return high <= 0 ? true : low > 0 ? false : undefined;
    case "gt":
      return low > 0 ? true : high <= 0 ? false : undefined;
    case "ge":
      return low >= 0 ? true : high < 0 ? false : undefined;
  }
}

/** A bound that the value is never below. */
export function lowest(dim: Dim): number {
  let sum = 0;
  for (const { coefficient, atoms } of termsOf(dim)) {
    if (atoms.length === 0) sum += coefficient;
    else if (coefficient > 0) sum += coefficient * lowestProduct(atoms);
    else return Number.NEGATIVE_INFINITY;
  }
  return sum;
}

function lowestProduct(atoms: readonly DimAtom[]): number {
  const bounds = atoms.map(lowestAtom);
  if (bounds.some((bound) => bound < 0)) return Number.NEGATIVE_INFINITY;
  return bounds.reduce((product, bound) => product * bound, 1);
}

/** Symbols are sizes; of the functions it is known that they are not negative if their arguments are not. */
function lowestAtom(atom: DimAtom): number {
  if (atom.kind === "symbol") {
    if (unknownNumber(atom.key) === undefined) return 1;
    return atom.key.startsWith("ui") ? Number.NEGATIVE_INFINITY : 0;
  }
  const bounds = atom.args.map(lowest);
  if (atom.kind === "max") return Math.max(...bounds);
  if (atom.kind === "min") return Math.min(...bounds);
  return bounds.every((bound) => bound >= 0) ? 0 : Number.NEGATIVE_INFINITY;
}

/** Whether a size depends on the input. */
export function isOpen(dim: Dim): boolean {
  return symbolsIn(dim).size > 0;
}
