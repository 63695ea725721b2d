// Whether both models have room for their weights: protobuf's messages end at 2 GiB, and no engine reads a longer one.
// Invariant: the answer needs no weight to be read.
import { type Problem, problem, raise } from "../core/errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { TfGraph } from "../tensorflow/graph.ts";
import { constantsOf } from "./plan-weights.ts";

/** Lengths in protobuf are of 31 bits. */
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;
/** What nodes, names and types take beside the weights, by a wide margin. */
const GRAPH_BYTES = 64 * 2 ** 20;

/** Throws WEIGHTS_TOO_LARGE (exit code 2) for each model that would be too large. */
export function demandRoomInside(graph: Graph, tensorflow: TfGraph): void {
  const onnx = [...constantsOf(graph)].map(({ initializer }) => initializer?.byteLength ?? 0);
  raise([...tooLarge("saved_model.pb", constantBytes(tensorflow)), ...tooLarge("model.onnx", sum(onnx))]);
}

function constantBytes({ nodes, functions }: TfGraph): number {
  const all = [...nodes, ...functions.flatMap((body) => body.nodes)];
  return sum(
    all.flatMap(({ attributes }) =>
      [...attributes.values()].map((attribute) =>
        attribute.kind === "tensor" ? attribute.value.byteLength : 0,
      ),
    ),
  );
}

function tooLarge(file: string, bytes: number): Problem[] {
  if (bytes + GRAPH_BYTES <= MAX_MESSAGE_BYTES) return [];
  return [problem("WEIGHTS_TOO_LARGE", { file, size: `${(bytes / 1e9).toFixed(2)} GB` })];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
