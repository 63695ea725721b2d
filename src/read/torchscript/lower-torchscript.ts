// The graph of a TorchScript archive: the first of its readings that can be lowered.
// Invariant: types that were told here must agree with those that ONNX's own inference finds.
import { FerryError, raise } from "../../core/errors.ts";
import { symbolName } from "../../graph/dim.ts";
import type { Graph } from "../../graph/graph.ts";
import { typeProblems } from "../../graph/infer-types.ts";
import { lowerAten } from "../aten/lower.ts";
import type { TorchExtensions } from "../extensions.ts";
import { TRACED_BATCH } from "./inputs.ts";
import type { Reading } from "./read-torchscript.ts";

/** Throws the FerryError of the last reading. */
export function lowerTorchScript(readings: readonly Reading[], extensions?: TorchExtensions): Graph {
  for (const [index, reading] of readings.entries()) {
    try {
      const graph = lowerAten(reading.program(), extensions);
      raise(typeProblems(graph));
      graph.assumedBatch = assumedBatch(graph, reading.example ?? []);
      return graph;
    } catch (error) {
      if (!(error instanceof FerryError) || index === readings.length - 1) throw error;
    }
  }
  throw new RangeError("an archive has at least one reading");
}

/** What the example has on the axis that was taken for the batch. */
function assumedBatch({ inputs }: Graph, example: readonly number[]): Graph["assumedBatch"] {
  for (const { type } of inputs) {
    const shape = type?.kind === "tensor" ? type.shape : undefined;
    const axis = shape?.findIndex((dim) => symbolName(dim) === TRACED_BATCH) ?? -1;
    const size = example[axis];
    if (size !== undefined) return { symbol: TRACED_BATCH, size };
  }
  return undefined;
}
