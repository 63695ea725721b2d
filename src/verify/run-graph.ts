// Runs a graph, or a part of one, in onnxruntime: written into a folder of its own, loaded, run once, removed.
// Weights are streamed to the disk and mapped from there, so that a large model needs no memory for them.
import * as fs from "node:fs";
import * as path from "node:path";
import { tensorflowNumber } from "../bytes/protobuf/tensorflow-dtypes.ts";
import type { TensorValue } from "../engine/engine.ts";
import type { OnnxRuntimeEngine } from "../engine/onnxruntime/engine.ts";
import { writeAll } from "../files/write-all.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { Signature, TensorSpec } from "../model/signature.ts";
import { ONNX_FILE, writeOnnxModel } from "../write/write-onnx-model.ts";

const SIGNATURE = "verify";

/**
 * The graph's outputs for these inputs, by name. Names must be set (`assignNames`). `folder` is where the temporary
 * folder is made. Throws ENGINE_LOAD_FAILED or ENGINE_FAILED.
 */
export async function runGraph(
  engine: OnnxRuntimeEngine,
  graph: Graph,
  feeds: ReadonlyMap<string, TensorValue>,
  folder: string,
): Promise<Map<string, TensorValue>> {
  const own = fs.mkdtempSync(path.join(folder, "graph-"));
  try {
    writeOnnxModel(graph, (name, fill) => {
      const descriptor = fs.openSync(path.join(own, name), "wx");
      try {
        fill({ write: (bytes) => writeAll(descriptor, bytes) });
      } finally {
        fs.closeSync(descriptor);
      }
    });
    const inputs = graph.inputs.map(valueSpec);
    const outputs = graph.outputs.map(valueSpec);
    return await runOnnxFile(engine, path.join(own, ONNX_FILE), inputs, outputs, feeds);
  } finally {
    fs.rmSync(own, { recursive: true, force: true });
  }
}

/** Loads an ONNX file, runs it once and lets it go. */
export async function runOnnxFile(
  engine: OnnxRuntimeEngine,
  file: string,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  feeds: ReadonlyMap<string, TensorValue>,
): Promise<Map<string, TensorValue>> {
  const signature: Signature = { name: SIGNATURE, inputs, outputs, methodName: "tensorflow/serving/predict" };
  const model = await engine.loadOnnx(file, [signature]);
  try {
    return await model.run(SIGNATURE, feeds);
  } finally {
    await model.close();
  }
}

/** What the engine needs to know of a value that goes in or comes out. */
export function valueSpec(value: Value): TensorSpec {
  const type = value.type?.kind === "tensor" ? value.type : undefined;
  return {
    key: value.name,
    tensorName: value.name,
    dtype: type?.dtype,
    tensorflowDtype: type ? tensorflowNumber(type.dtype) : 0,
    shape: type?.shape?.map((size) => (typeof size === "number" ? size : -1)),
  };
}
