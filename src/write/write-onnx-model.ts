// ONNX models alone, without the SavedModel around them: model.onnx, and beside it one file for the large weights.
// Not here: the version directory that both engines read (write-version.ts).
import type { Graph } from "../graph/graph.ts";
import { encodeOnnx } from "./onnx/encode-graph.ts";
import { planWeights } from "./plan-weights.ts";
import { type ByteSink, writeWeights } from "./write-weights.ts";

export const ONNX_FILE = "model.onnx";
const WEIGHTS_FILE = "model.weights";

/** Creates a file by its name and hands its sink on. */
export type CreateFile = (name: string, fill: (sink: ByteSink) => void) => void;

/** Writes the files one after the other. */
export function writeOnnxModel(graph: Graph, file: CreateFile): void {
  writeOnnxModels(new Map([[ONNX_FILE, graph]]), file);
}

/** Several models by their file names; weights that they share stand once. */
export function writeOnnxModels(graphs: ReadonlyMap<string, Graph>, file: CreateFile): void {
  const weights = planWeights([...graphs.values()], []);
  writeWeights(weights, (_, fill) => file(WEIGHTS_FILE, fill)); // without a limit there is one
  for (const [name, graph] of graphs) {
    const onnx = encodeOnnx(graph, (tensor) => {
      const place = weights.place(tensor);
      return place && { location: WEIGHTS_FILE, offset: place.offset, length: place.length };
    });
    file(name, (sink) => sink.write(onnx));
  }
}
