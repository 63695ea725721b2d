// Runs a function of a config, and checks what it gives: what goes wrong is a RuleFault that names the function.
import { RuleFault } from "../core/rule-fault.ts";
import type { Dim } from "../graph/dim.ts";
import type { RankedType } from "../graph/typed-graph.ts";
import { describe, rankedType } from "./sizes.ts";

/** The function's result. Throws RuleFault; faults of its own arguments' accessors are told as they are. */
export function run<T>(rule: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof RuleFault) throw error;
    throw RuleFault.threw(rule, error);
  }
}

/** One value or a list of them, each checked by `isValue`; as many as there are results. */
export function valuesOf<T>(
  rule: string,
  given: unknown,
  wanted: { readonly count: number; readonly made: string; isValue(value: unknown): value is T },
): T[] {
  const { count, made, isValue } = wanted;
  const values: readonly unknown[] = Array.isArray(given) ? given : [given];
  const wrong = values.find((value) => !isValue(value));
  if (given instanceof Promise) throw RuleFault.gave(rule, "a promise", `${made}, not awaited`);
  if (wrong !== undefined || values.includes(undefined)) throw RuleFault.gave(rule, describe(wrong), made);
  if (values.length !== count)
    throw RuleFault.gave(rule, `${values.length} values`, `${count}, one a result,`);
  return values.filter(isValue);
}

/** Types that an `infer` gave. */
export function typesOf(
  rule: string,
  given: unknown,
  count: number | undefined,
  unknown: () => Dim,
): RankedType[] {
  const wanted =
    "{ dtype, shape } for each result, sizes being numbers from 0 on, -1, or text such as 'batch'";
  const types = (Array.isArray(given) ? (given as unknown[]) : [given]).map((type) => {
    const ranked = rankedType(type, unknown);
    if (typeof ranked === "string") throw RuleFault.gave(rule, ranked, wanted);
    return ranked;
  });
  if (count !== undefined && types.length < count)
    throw RuleFault.gave(rule, `${types.length} types`, `${count}, one a result,`);
  return types;
}
