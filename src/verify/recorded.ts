// Recorded inputs and outputs, as numpy.savez keeps them: one array for each, named as the model names it, or `in0`,
// `in1`, `out0`, ... in the model's order. A prefix `b2.`, `b3.`, ... makes several groups, say one for each batch size.
import { type Problem, problem } from "../core/errors.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The arrays of each group by their names without the prefix; a file without prefixes is one group, named "". */
export function groupsOf(arrays: ReadonlyMap<string, Tensor>): Map<string, Map<string, Tensor>> {
  const groups = new Map<string, Map<string, Tensor>>();
  for (const [name, tensor] of arrays) {
    const [, group = "", member = name] = /^(b\d+)\.(.+)$/.exec(name) ?? [];
    const members = groups.get(group) ?? new Map<string, Tensor>();
    groups.set(group, members.set(member, tensor));
  }
  return groups;
}

/** That an input or output has no array; `names` are those under which it was looked for. */
export function missingArray(file: string, group: string, what: string, names: readonly string[]): Problem {
  const prefix = group === "" ? "" : `${group}.`;
  return problem("VERIFY_ARRAY_MISSING", {
    file,
    what,
    names: [...new Set(names)].map((name) => `'${prefix}${name}'`).join(" or "),
  });
}
