// Gives inputs and outputs the names that clients will use.
// Invariant: names are unique among inputs and among outputs, and none is empty.
import { fail } from "../core/errors.ts";
import type { Graph, Value } from "../graph/graph.ts";

/** Renames in place; undefined leaves a side as it is. Throws NAMES_MISFIT (exit code 2). */
export function renameEndpoints(
  graph: Graph,
  inputNames: readonly string[] | undefined,
  outputNames: readonly string[] | undefined,
): void {
  if (inputNames) rename(graph.inputs, inputNames, "input");
  if (outputNames) rename(graph.outputs, outputNames, "output");
}

function rename(values: readonly Value[], names: readonly string[], kind: string): void {
  const found = values.map((value) => value.name).join(", ");
  if (names.length !== values.length) {
    fail("NAMES_MISFIT", {
      kind,
      given: names.join(", "),
      reason: `the model has ${values.length}: ${found}`,
    });
  }
  const duplicate = names.find((name, index) => name === "" || names.indexOf(name) !== index);
  if (duplicate !== undefined) {
    const reason = duplicate === "" ? "a name is empty" : `'${duplicate}' stands twice`;
    fail("NAMES_MISFIT", { kind, given: names.join(", "), reason });
  }
  for (const [index, value] of values.entries()) value.name = names[index] ?? value.name;
}
