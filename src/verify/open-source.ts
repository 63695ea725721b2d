// Opens what a model is compared with: PyTorch in the user's Python, or onnxruntime for an ONNX file.
import type { OnnxRuntimeEngine } from "../engine/onnxruntime/engine.ts";
import { PythonFailure, PythonWorker } from "../python/worker.ts";
import { onnxSource } from "./onnx-source.ts";
import type { Surroundings, VerifyOptions } from "./options.ts";
import { type PyTorchSource, pytorchSource } from "./pytorch-source.ts";
import type { Source } from "./source.ts";

/** The source, or why there is none. */
export type Opened = Source | PyTorchSource | { readonly whyNot: string };

/** Never throws for a Python that fails; it is then told why. */
export async function openSource(
  engine: OnnxRuntimeEngine,
  options: VerifyOptions,
  { kind, found, folder }: Surroundings,
): Promise<Opened> {
  const { file, model, inputs = {}, env, note, progress } = options;
  if (kind === "onnx") return onnxSource(engine, file, folder);
  if (found.torch === undefined) return { whyNot: found.whyNot("torch") };
  progress(`loading ${file} in PyTorch`);
  const worker = new PythonWorker(found.torch, "torch", folder, env);
  try {
    const source = await pytorchSource(worker, { file, kind, model, inputs });
    note(`${source.title} in ${found.torch} runs ${file}`);
    return source;
  } catch (error) {
    worker.close();
    if (!(error instanceof PythonFailure)) throw error;
    return { whyNot: `PyTorch in ${found.torch} cannot load it: ${error.message}` };
  }
}

export function isSource(opened: Opened): opened is Source | PyTorchSource {
  return "run" in opened;
}

export function canHalve(opened: Opened): opened is PyTorchSource {
  return "halve" in opened;
}
