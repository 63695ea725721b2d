// Checks that a model takes any number of samples: that the batch dimension of every input is free.
// Not here: freeing a dimension that the file fixes.
import { fail, type Problem, problem, raise } from "../core/errors.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { whereIs } from "../graph/where.ts";

/**
 * `batchAxis` says by input which dimension is the batch, where it is not the first; negative counts from the back.
 * Throws BATCH_FIXED (exit code 4) for all inputs that have it fixed, BATCH_AXIS_MISFIT (2) for a name or axis that
 * is not there.
 */
export function demandFreeBatch(
  graph: Graph,
  file: string,
  batchAxis: Readonly<Record<string, number>>,
): void {
  const names = graph.inputs.map((input) => input.name);
  const unknown = Object.keys(batchAxis).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    fail("BATCH_AXIS_MISFIT", { file, input: unknown, reason: `the inputs are ${names.join(", ")}` });
  }
  raise(graph.inputs.flatMap((input) => checkInput(input, file, batchAxis[input.name])));
}

function checkInput(input: Value, file: string, wanted: number | undefined): Problem[] {
  const shape = input.type?.kind === "tensor" ? input.type.shape : undefined;
  if (!shape) return [];
  const axis = (wanted ?? 0) < 0 ? (wanted ?? 0) + shape.length : (wanted ?? 0);
  const size = shape[axis];
  if (size === undefined) {
    const reason = `it has ${shape.length} dimensions and none numbered ${wanted ?? 0}`;
    return [problem("BATCH_AXIS_MISFIT", { file, input: input.name, reason })];
  }
  if (typeof size !== "number") return [];
  const [reader] = input.consumers;
  const where = reader ? `${reader.operator} ${whereIs(reader)}` : "no node";
  return [problem("BATCH_FIXED", { file, input: input.name, axis, size, where })];
}
