// Comparisons of sizes, as far as they turn out the same for every input.
// Not here: what sizes are at least (aten/result-types/bounds.ts).
import { type Dim, subDims, symbolsIn } from "../../../../graph/dim.ts";
import { lowest } from "../../../aten/result-types/bounds.ts";

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

/** Whether a size depends on the input. */
export function isOpen(dim: Dim): boolean {
  return symbolsIn(dim).size > 0;
}
