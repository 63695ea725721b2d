// The graph of a TorchScript archive: the first of its readings that can be lowered.
// Invariant: types that were told here must agree with those that ONNX's own inference finds.
import { FerryError, raise } from "../../core/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import { typeProblems } from "../../graph/infer-types.ts";
import { lowerAten } from "../aten/lower.ts";
import type { TorchExtensions } from "../extensions.ts";
import type { Reading } from "./read-torchscript.ts";

/** Under this key a graph's metadata say why its batch is not free. */
export const BATCH_KEPT = "batch_kept";

/** Throws the FerryError of the last reading. */
export function lowerTorchScript(readings: readonly Reading[], extensions?: TorchExtensions): Graph {
  let reason: string | undefined;
  for (const [index, reading] of readings.entries()) {
    try {
      const graph = lowerAten(reading.program(), extensions);
      raise(typeProblems(graph));
      if (reason !== undefined) graph.metadata.set(BATCH_KEPT, reason);
      return graph;
    } catch (error) {
      if (!(error instanceof FerryError) || index === readings.length - 1) throw error;
      reason = error.message;
    }
  }
  throw new RangeError("an archive has at least one reading");
}
