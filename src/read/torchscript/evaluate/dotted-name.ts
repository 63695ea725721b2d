// `a.b.c` as text, for names that are paths and no attributes of values.
import type { Expression } from "../source/syntax.ts";

/** The path; undefined for anything but names with points between. */
export function dottedName(expression: Expression): string | undefined {
  const parts: string[] = [];
  let current = expression;
  while (current.kind === "attribute") {
    parts.unshift(current.name);
    current = current.object;
  }
  if (current.kind !== "name") return undefined;
  return [current.name, ...parts].join(".");
}
