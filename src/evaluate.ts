// Evaluates constant subgraphs with an engine: what the passes are handed to fold more than exact arithmetic can.
// Not here: which subgraphs (passes/fold-with-engine.ts), kernels (engine/).
import { evaluateModel } from "./engine/onnxruntime/evaluate-model.ts";
import type { Evaluate } from "./passes/pass.ts";
import { tensorFromBytes } from "./tensor/tensor.ts";
import { encodeOnnx } from "./write/onnx/encode-graph.ts";

/** Runs the graph in onnxruntime, which is loaded by the first call. Throws what the engine throws. */
export const evaluateWithEngine: Evaluate = (graph) => {
  const model = encodeOnnx(graph, () => undefined); // gives every value its name
  const values = evaluateModel(
    model,
    graph.outputs.map((output) => output.name),
  );
  return values.map(({ dtype, shape, data }) => tensorFromBytes(dtype, shape, data));
};
