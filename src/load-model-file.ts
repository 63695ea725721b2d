// A model file on its way into the engine: read, simplified, written as ONNX into a temporary directory, loaded from
// there. Weights are streamed; the engine maps them. Operators need not be known to the TensorFlow lowering.
// Invariant: the directory is gone once the model is loaded (a mapped file lives on without its name), on Windows once
// it is closed.
// Not here: version directories (load.ts, write/).
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { tensorflowNumber } from "./bytes/protobuf/tensorflow-dtypes.ts";
import type { Config } from "./custom/config.ts";
import { customOperators } from "./custom/custom-operators.ts";
import type { LoadedModel, LoadOptions } from "./engine/engine.ts";
import type { OnnxRuntimeEngine } from "./engine/onnxruntime/engine.ts";
import { evaluateWithEngine } from "./evaluate.ts";
import { openFile, siblingOpener } from "./files/open-file.ts";
import { writeAll } from "./files/write-all.ts";
import type { Value } from "./graph/graph.ts";
import type { TypedGraph } from "./graph/typed-graph.ts";
import type { Signature, TensorSpec } from "./model/signature.ts";
import { optimize } from "./passes/optimize.ts";
import { type ReadOptions, readModel } from "./read/read-model.ts";
import { ONNX_FILE, writeOnnxModel } from "./write/write-onnx-model.ts";

export type { InputSpec } from "./read/torchscript/input-spec.ts";

type ReadingOptions = Pick<ReadOptions, "model" | "inputs"> & { readonly custom?: Config | undefined };

/** Throws what opening, reading and loading throw: a FerryError. */
export async function loadModelFile(
  engine: OnnxRuntimeEngine,
  file: string,
  options: LoadOptions & ReadingOptions,
): Promise<LoadedModel> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "torchferry-"));
  const remove = (): void => fs.rmSync(folder, { recursive: true, force: true });
  try {
    const signature = await writeModel(file, folder, options);
    const loaded = await engine.loadOnnx(path.join(folder, ONNX_FILE), [signature], {
      name: file,
      ...options,
    });
    if (process.platform !== "win32") remove();
    return withCleanUp(loaded, remove);
  } catch (error) {
    remove();
    throw error;
  }
}

/** Writes the model's ONNX form into `folder` and says what it takes and gives. */
async function writeModel(file: string, folder: string, options: ReadingOptions): Promise<Signature> {
  const source = openFile(file);
  const siblings = siblingOpener(file);
  try {
    const extensions = options.custom && customOperators(options.custom).extensions;
    const graph = await readModel(source, { ...options, extensions, openSibling: siblings.open });
    const typed = optimize(graph, { evaluate: evaluateWithEngine });
    writeOnnxModel(typed.graph, (name, fill) => {
      const descriptor = fs.openSync(path.join(folder, name), "wx");
      try {
        fill({ write: (bytes) => writeAll(descriptor, bytes) });
      } finally {
        fs.closeSync(descriptor);
      }
    });
    return signatureOf(typed);
  } finally {
    siblings.close();
    source.close();
  }
}

function signatureOf(typed: TypedGraph): Signature {
  return {
    name: "serving_default",
    inputs: typed.graph.inputs.map((input) => tensorSpec(typed, input)),
    outputs: typed.graph.outputs.map((output) => tensorSpec(typed, output)),
    methodName: "tensorflow/serving/predict",
  };
}

function tensorSpec(typed: TypedGraph, value: Value): TensorSpec {
  const type = typed.knownType(value);
  const known = type?.kind === "tensor" ? type : undefined;
  return {
    key: value.name,
    tensorName: value.name,
    dtype: known?.dtype,
    tensorflowDtype: known ? tensorflowNumber(known.dtype) : 0,
    shape: known?.shape?.map((size) => (typeof size === "number" ? size : -1)),
  };
}

function withCleanUp(loaded: LoadedModel, remove: () => void): LoadedModel {
  return {
    signatures: loaded.signatures,
    run: (...call) => loaded.run(...call),
    close: () => loaded.close().finally(remove),
  };
}
