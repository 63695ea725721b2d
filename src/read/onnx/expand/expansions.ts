// The expansions by domain and name.
import type { Expansion } from "./expansion.ts";

/** Operators of onnxruntime's own domain, and those that it adds to ai.onnx, by the name of the domain. */
const TABLES: Readonly<Record<string, readonly Expansion[]>> = {
  "": [],
  "com.microsoft": [],
};

const BY_OPERATOR: ReadonlyMap<string, Expansion> = new Map(
  Object.entries(TABLES).flatMap(([domain, expansions]) =>
    expansions.flatMap((expansion) => expansion.ops.map((op) => [`${domain}::${op}`, expansion] as const)),
  ),
);

export function expansionOf(domain: string, op: string): Expansion | undefined {
  return BY_OPERATOR.get(`${domain}::${op}`);
}
