// An ONNX model alone, without the SavedModel around it: model.onnx, and beside it one file for the large weights.
// Not here: the version directory that both engines read (write-version.ts).
import type { Graph } from "../graph/graph.ts";
import { encodeOnnx } from "./onnx/encode-graph.ts";
import { planWeights } from "./plan-weights.ts";
import { type ByteSink, writeWeights } from "./write-weights.ts";

export const ONNX_FILE = "model.onnx";
const WEIGHTS_FILE = "model.weights";

/** Writes the files one after the other through `file`, which creates each by its name and hands its sink on. */
export function writeOnnxModel(
  graph: Graph,
  file: (name: string, fill: (sink: ByteSink) => void) => void,
): void {
  const weights = planWeights(graph, []);
  const onnx = encodeOnnx(graph, (tensor) => {
    const place = weights.place(tensor);
    return place && { location: WEIGHTS_FILE, ...place };
  });
  file(WEIGHTS_FILE, (sink) => writeWeights(weights, sink));
  file(ONNX_FILE, (sink) => sink.write(onnx));
}
