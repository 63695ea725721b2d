// The library's `load`: a model file or a version directory, ready to run on typed arrays.
// Not here: converting for a server (convert.ts), model files on their way into the engine (load-model-file.ts).
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { fail, Problem, problem, raise } from "./core/errors.ts";
import type { Config } from "./custom/config.ts";
import type { LoadedModel, TensorValue } from "./engine/engine.ts";
import { onnxRuntimeEngine } from "./engine/onnxruntime/engine.ts";
import { type InputTensor, inputValue, type OutputTensor, outputTensor } from "./engine/typed-arrays.ts";
import { type InputSpec, loadModelFile } from "./load-model-file.ts";
import type { Signature, TensorSpec } from "./model/signature.ts";
import type { DType } from "./tensor/dtype.ts";

export type { InputSpec };

export interface LoadOptions {
  /** What the inputs of a TorchScript model are, by the names of `forward`'s parameters, where its file does not tell. */
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  /** Threads inside one run; 0, the default, shares one pool of as many threads as there are cores. */
  readonly intraOpThreads?: number;
  /** Operators of the user's own: `defineConfig({ ... })`. Their rules are run. */
  readonly custom?: Config;
  /** Which model of a .pt2 archive that holds several. */
  readonly model?: string;
}

export interface RunOptions {
  /** The signature to run; by default `serving_default`, or the only one there is. */
  readonly signature?: string;
  /** The outputs that are wanted; by default all. */
  readonly outputs?: readonly string[];
  /** Stops the run; `run` then rejects with the code RUN_STOPPED. */
  readonly signal?: AbortSignal;
}

/** An input or output of a model. */
export interface TensorInfo {
  readonly name: string;
  /** Undefined for types that there is no array for. */
  readonly dtype: DType | undefined;
  /** Sizes, -1 where they are free; undefined where not even the rank is known. */
  readonly shape: readonly number[] | undefined;
}

/** A model that is ready to run. It holds memory outside of JavaScript's: call `close`, or use `await using`. */
export interface Model extends AsyncDisposable {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Names of the signatures; `inputs` and `outputs` are those of the first. */
  readonly signatures: readonly string[];
  /**
   * Runs the model once; runs may overlap. Arrays are read where they lie and must not change until the promise
   * settles; nor at all after RUN_STOPPED, for the run may go on reading until it notices. The outputs' arrays are the
   * caller's own.
   *
   * Throws a FerryError with all reasons: INPUT_ABSENT, INPUT_SURPLUS, INPUT_ARRAY_KIND, INPUT_ARRAY_SHAPE,
   * ENGINE_INPUT_REFUSED, SIGNATURE_UNKNOWN, RUN_STOPPED, MODEL_CLOSED, ENGINE_FAILED.
   */
  run(
    inputs: Readonly<Record<string, InputTensor>>,
    options?: RunOptions,
  ): Promise<Record<string, OutputTensor>>;
  /** Waits for runs that have begun and gives the memory back. Later runs fail with MODEL_CLOSED. */
  close(): Promise<void>;
}

const DEFAULT_SIGNATURE = "serving_default";

/**
 * Loads a model file (.pt2, .pt of torch.jit.save, .onnx), a version directory (with saved_model.pb and model.onnx),
 * or the highest version of a directory of versions.
 *
 * ```ts
 * const model = await load("resnet18.pt2");
 * const { output_0 } = await model.run({ x: new Float32Array(3 * 224 * 224) });
 * await model.close();
 * ```
 *
 * Reading a model file holds the event loop for as long as converting it would; loading a directory does not.
 * Throws a FerryError: FILE_NOT_FOUND and others for a file that cannot be read, OPERATOR_UNSUPPORTED with every
 * operator that cannot be brought to ONNX, ENGINE_LOAD_FAILED.
 */
export async function load(file: string | URL, options: LoadOptions = {}): Promise<Model> {
  const place = file instanceof URL ? fileURLToPath(file) : file;
  const engine = onnxRuntimeEngine();
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  const loaded = stat?.isDirectory()
    ? await engine.load(versionDirectory(place), options)
    : await loadModelFile(engine, place, options);
  return new RunnableModel(place, loaded);
}

/** The directory itself if it is a version, or its highest version. */
function versionDirectory(directory: string): string {
  const names = fs.readdirSync(directory);
  if (names.includes("saved_model.pb")) return directory;
  const [highest] = names
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1));
  return highest === undefined ? fail("NO_VERSION_FOUND", { directory }) : path.join(directory, highest);
}

class RunnableModel implements Model {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly signatures: readonly string[];
  readonly #name: string;
  readonly #loaded: LoadedModel;

  constructor(name: string, loaded: LoadedModel) {
    this.#name = name;
    this.#loaded = loaded;
    const names = [...loaded.signatures.keys()].filter((signature) => !signature.startsWith("__"));
    this.signatures = names.sort((a, b) => Number(b === DEFAULT_SIGNATURE) - Number(a === DEFAULT_SIGNATURE));
    const first = loaded.signatures.get(this.signatures[0] ?? "");
    this.inputs = (first?.inputs ?? []).map(tensorInfo);
    this.outputs = (first?.outputs ?? []).map(tensorInfo);
  }

  async run(
    inputs: Readonly<Record<string, InputTensor>>,
    options: RunOptions = {},
  ): Promise<Record<string, OutputTensor>> {
    const signature = this.#signature(options.signature ?? this.signatures[0] ?? DEFAULT_SIGNATURE);
    const values = this.#values(signature, inputs);
    const { outputs = [], signal } = options;
    const results = await this.#loaded.run(signature.name, values, outputs, signal ? { signal } : {});
    return Object.fromEntries([...results].map(([name, value]) => [name, outputTensor(value)]));
  }

  close(): Promise<void> {
    return this.#loaded.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #signature(name: string): Signature {
    const signature = this.#loaded.signatures.get(name);
    const known = this.signatures.join(", ");
    return signature ?? fail("SIGNATURE_UNKNOWN", { model: this.#name, signature: name, known });
  }

  /** The inputs as the engine takes them. Throws with everything that does not fit. */
  #values(signature: Signature, given: Readonly<Record<string, InputTensor>>): Map<string, TensorValue> {
    const model = this.#name;
    const known = signature.inputs.map((input) => input.key).join(", ");
    const values = new Map<string, TensorValue>();
    const problems: Problem[] = Object.keys(given)
      .filter((name) => !signature.inputs.some((input) => input.key === name))
      .map((input) => problem("INPUT_SURPLUS", { model, input, known }));
    for (const spec of signature.inputs) {
      const tensor = Object.hasOwn(given, spec.key) ? given[spec.key] : undefined;
      const value =
        tensor === undefined
          ? problem("INPUT_ABSENT", { model, input: spec.key, known })
          : inputValue(model, spec, tensor);
      if (value instanceof Problem) problems.push(value);
      else values.set(spec.key, value);
    }
    raise(problems);
    return values;
  }
}

function tensorInfo({ key, dtype, shape }: TensorSpec): TensorInfo {
  return { name: key, dtype, shape };
}
