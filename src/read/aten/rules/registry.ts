// Rules by target.
import type { Rule } from "../rule.ts";
import * as families from "./index.ts";

const byTarget = new Map<string, Rule>();

for (const rule of Object.values(families).flat()) {
  for (const target of rule.targets) {
    if (byTarget.has(target)) throw new Error(`two rules lower ${target}`);
    byTarget.set(target, rule);
  }
}

export function ruleFor(target: string): Rule | undefined {
  return byTarget.get(target);
}

/** Every operator that has a rule, sorted. */
export function loweredTargets(): string[] {
  return [...byTarget.keys()].sort();
}
