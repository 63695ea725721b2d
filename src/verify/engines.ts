// The two forms of a converted model, each run as it will be served: model.onnx in onnxruntime, the SavedModel in
// TensorFlow. Both also run a part of the graph by itself, which is how the operator that differs is found.
import * as fs from "node:fs";
import * as path from "node:path";
import type { LoadedModel, TensorValue } from "../engine/engine.ts";
import type { OnnxRuntimeEngine } from "../engine/onnxruntime/engine.ts";
import type { Graph } from "../graph/graph.ts";
import { inferTypes } from "../graph/infer-types.ts";
import { forTensorFlow } from "../passes/for-tensorflow.ts";
import type { PythonWorker } from "../python/worker.ts";
import { lowerToTensorFlow } from "../tensorflow/lower/lower-to-tensorflow.ts";
import { planVersion } from "../write/write-version.ts";
import { type Converted, feedsOf, sourceOutputs } from "./converted.ts";
import { runGraph } from "./run-graph.ts";

export interface ModelEngine {
  /** Such as `ONNX` or `SavedModel`: which of the two forms. */
  readonly form: "ONNX" | "SavedModel";
  /** Runs the whole model on the source's inputs and gives its outputs; what it keeps between calls begins anew. */
  run(inputs: readonly TensorValue[]): Promise<TensorValue[]>;
  /** Runs a graph, or a part of one (part-of.ts), made into this form for the purpose. */
  compute(graph: Graph, feeds: ReadonlyMap<string, TensorValue>): Promise<Map<string, TensorValue>>;
  close(): Promise<void>;
}

const SIGNATURE = "serving_default";

/** model.onnx in onnxruntime. Throws ENGINE_LOAD_FAILED. */
export async function onnxForm(
  engine: OnnxRuntimeEngine,
  converted: Converted,
  folder: string,
): Promise<ModelEngine> {
  const loaded: LoadedModel = await engine.load(converted.directory);
  return {
    form: "ONNX",
    async run(inputs) {
      const found = await loaded.run(SIGNATURE, feedsByName(converted, inputs));
      return sourceOutputs(converted).flatMap(({ name }) => found.get(name) ?? []);
    },
    compute: (graph, feeds) => runGraph(engine, graph, feeds, folder),
    close: () => loaded.close(),
  };
}

/** The SavedModel in the worker's TensorFlow; the worker is the engine's from then on. Throws PythonFailure. */
export async function savedModelForm(
  worker: PythonWorker,
  converted: Converted,
  folder: string,
): Promise<ModelEngine> {
  const { directory, graph } = converted;
  await worker.ask("load", { folder: directory });
  return {
    form: "SavedModel",
    async run(inputs) {
      const found = await runSavedModel(worker, directory, graph, feedsByName(converted, inputs));
      return sourceOutputs(converted).flatMap(({ name }) => found.get(name) ?? []);
    },
    compute: (part, feeds) => runAsSavedModel(worker, part, feeds, folder),
    close: async () => worker.close(),
  };
}

function feedsByName(converted: Converted, inputs: readonly TensorValue[]): Map<string, TensorValue> {
  return new Map([...feedsOf(converted, inputs)].map(([{ name }, value]) => [name, value]));
}

async function runSavedModel(
  worker: PythonWorker,
  folder: string,
  graph: Graph,
  feeds: ReadonlyMap<string, TensorValue>,
): Promise<Map<string, TensorValue>> {
  const names = graph.outputs.map(({ name }) => name);
  const { values } = await worker.exchange("run", [...feeds.values()], {
    folder,
    input_names: [...feeds.keys()],
    output_names: names,
  });
  return new Map(values.map((value, index) => [names[index] ?? "", value]));
}

async function runAsSavedModel(
  worker: PythonWorker,
  part: Graph,
  feeds: ReadonlyMap<string, TensorValue>,
  folder: string,
): Promise<Map<string, TensorValue>> {
  const base = fs.mkdtempSync(path.join(folder, "part-"));
  try {
    const tensorflow = lowerToTensorFlow(forTensorFlow(inferTypes(part)), { file: part.name });
    const { directory } = await planVersion(part, tensorflow, { base, version: 1 }).write();
    await worker.ask("load", { folder: directory });
    const found = await runSavedModel(worker, directory, part, feeds);
    await worker.ask("forget", { folder: directory });
    return found;
  } finally {
    fs.rmSync(base, { recursive: true, force: true });
  }
}
