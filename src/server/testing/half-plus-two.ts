// An engine for tests that computes y = x / 2 + 2 itself, in TypeScript, and can be made slow or faulty.
// The version of a model is read from its directory's name and answered by the output `version`, so that a test sees
// which version ran.

import { tensorflowNumber } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import type { Engine, LoadedModel, SharedModel, TensorValue } from "../../engine/engine.ts";
import type { Signature, TensorSpec } from "../../model/signature.ts";
import type { DType } from "../../tensor/dtype.ts";

export interface FakeOptions {
  /** Called before each load; may fail it or delay it. */
  readonly onLoad?: (directory: string) => Promise<void> | void;
  /** Called in each run. */
  readonly onRun?: (directory: string) => Promise<void> | void;
  readonly onClose?: (directory: string) => unknown;
  readonly signatures?: readonly Signature[];
  readonly keepsState?: boolean;
  /** Answered in place of y = x / 2 + 2. */
  readonly outputs?: Map<string, TensorValue>;
  /** Computes the answer in its place. */
  readonly answer?: (signature: string, inputs: ReadonlyMap<string, TensorValue>) => Map<string, TensorValue>;
}

/** A tensor of a signature. */
export function spec(key: string, dtype: DType, shape: readonly number[] | undefined): TensorSpec {
  return { key, dtype, shape, tensorName: `${key}:0`, tensorflowDtype: tensorflowNumber(dtype) };
}

/** A signature with the usual method. */
export function signature(
  name: string,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): Signature {
  return { name, inputs, outputs, methodName: "tensorflow/serving/predict" };
}

export const HALF_PLUS_TWO: readonly Signature[] = [
  signature("serving_default", [spec("x", "float32", [-1, 1])], [spec("y", "float32", [-1, 1])]),
  signature(
    "with_version",
    [spec("x", "float32", [-1, 1])],
    [spec("y", "float32", [-1, 1]), spec("version", "int64", [-1])],
  ),
];

/** The engine. */
export function halfPlusTwo(options: FakeOptions = {}): Engine {
  return {
    name: "half plus two",
    async load(directory) {
      await options.onLoad?.(directory);
      return new HalfPlusTwo(directory, options);
    },
  };
}

class HalfPlusTwo implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly keepsState: boolean;
  readonly #directory: string;
  readonly #options: FakeOptions;
  #closed = false;

  constructor(directory: string, options: FakeOptions) {
    this.#directory = directory;
    this.#options = options;
    this.keepsState = options.keepsState ?? false;
    this.signatures = new Map((options.signatures ?? HALF_PLUS_TWO).map((one) => [one.name, one]));
  }

  async run(
    name: string,
    inputs: ReadonlyMap<string, TensorValue>,
    outputs: readonly string[] = [],
  ): Promise<Map<string, TensorValue>> {
    if (this.#closed) throw new Error("the model is closed");
    await this.#options.onRun?.(this.#directory);
    if (this.#closed) throw new Error("the model was closed during a run");
    if (this.#options.outputs) return this.#options.outputs;
    if (this.#options.answer) return this.#options.answer(name, inputs);
    const x = inputs.get("x");
    if (!x) throw new Error("x is missing");
    const y = { dtype: x.dtype, shape: x.shape, data: halved(x.data) };
    const count = x.shape[0] ?? 1;
    const versions = new BigInt64Array(count).fill(BigInt(this.#directory.split("/").at(-1) ?? 0));
    const version = { dtype: "int64", shape: [count], data: new Uint8Array(versions.buffer) } as const;
    const all = new Map<string, TensorValue>([["y", y]]);
    if (name === "with_version") all.set("version", version);
    if (outputs.length === 0) return all;
    return new Map([...all].filter(([key]) => outputs.includes(key)));
  }

  share(): SharedModel {
    const { keepsState } = this;
    const signatures = [...this.signatures.values()];
    return {
      engine: "half plus two",
      name: this.#directory,
      signatures,
      keepsState,
      addresses: [],
      steadyCost: false,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#options.onClose?.(this.#directory);
  }
}

function halved(data: Uint8Array): Uint8Array {
  const values = new Float32Array(data.slice().buffer);
  return new Uint8Array(values.map((value) => value / 2 + 2).buffer);
}
