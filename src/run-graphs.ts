// Graphs ready to run in the engine, for those who judge a conversion by what it gives: written as ONNX into a temporary
// directory, side by side with one file of weights, loaded from there, and removed whatever happens.
// Not here: model files that stay loaded (load-model-file.ts).
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { RunnableGraph, WithGraphs } from "./batch/runnable.ts";
import type { LoadedModel } from "./engine/engine.ts";
import { writeAll } from "./files/write-all.ts";
import type { Graph, Value } from "./graph/graph.ts";
import type { Signature, TensorSpec } from "./model/signature.ts";
import { writeOnnxModels } from "./write/write-onnx-model.ts";

const SIGNATURE = "graph";

/** onnxruntime is loaded by the first call. Throws ENGINE_UNAVAILABLE, ENGINE_LOAD_FAILED and what writing throws. */
export const withGraphs: WithGraphs = async (graphs, use) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-"));
  const opened: LoadedModel[] = [];
  try {
    const files = new Map(graphs.map((graph, index) => [`${index}.onnx`, graph]));
    writeOnnxModels(files, (name, fill) => writeFile(path.join(folder, name), fill));
    const { onnxRuntimeEngine } = await import("./engine/onnxruntime/engine.ts"); // most batches are free in the file
    const engine = onnxRuntimeEngine();
    for (const [name, graph] of files) {
      opened.push(await engine.loadOnnx(path.join(folder, name), [signatureOf(graph)], { name: graph.name }));
    }
    return await use(opened.map(runnable));
  } finally {
    for (const model of opened) await model.close();
    fs.rmSync(folder, { recursive: true, force: true });
  }
};

function runnable(model: LoadedModel): RunnableGraph {
  return { run: (inputs) => model.run(SIGNATURE, inputs) };
}

function signatureOf(graph: Graph): Signature {
  const inputs = graph.inputs.map(specOf);
  return { name: SIGNATURE, inputs, outputs: graph.outputs.map(specOf), methodName: "" };
}

function specOf({ name }: Value): TensorSpec {
  return { key: name, tensorName: name, dtype: undefined, tensorflowDtype: 0, shape: undefined };
}

function writeFile(file: string, fill: (sink: { write(bytes: Uint8Array): void }) => void): void {
  const descriptor = fs.openSync(file, "wx");
  try {
    fill({ write: (bytes) => writeAll(descriptor, bytes) });
  } finally {
    fs.closeSync(descriptor);
  }
}
