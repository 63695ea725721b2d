// The one interface of everything that can run a model: onnxruntime, and TensorFlow's C API.
// Invariant: `run` never holds the event loop longer than 300 microseconds, whatever the model; calls may overlap.
// Not here: batching and versions (server/), conversion (convert.ts).
import type { Signature } from "../model/signature.ts";
import type { DType } from "../tensor/dtype.ts";

/** A tensor in memory at run time. */
export interface TensorValue {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Little-endian, row-major; exactly the tensor's bytes. May be a view into a larger buffer. Unused for strings. */
  readonly data: Uint8Array;
  /** Elements of a string tensor. */
  readonly strings?: readonly Uint8Array[];
}

export interface LoadOptions {
  /** Threads inside one run; 0 lets the engine choose from the cores it may use. */
  readonly intraOpThreads?: number;
  /** The tags of the graph that is wanted, all of them; by default the one for serving. */
  readonly tags?: readonly string[];
  /** What messages call the model; by default the path of its file, which a server does not tell its clients. */
  readonly name?: string;
}

export interface RunOptions {
  /** Stops waiting, and the run itself where the engine can. */
  readonly signal?: AbortSignal;
  /** Told when the run begins; until then it waited for its turn, or for others to share a batch with. */
  readonly onStart?: (batch?: RunBatch) => void;
}

/** One run that answers several calls; each of them is told of the same object. */
export interface RunBatch {
  readonly rows: number;
}

export interface Engine {
  readonly name: string;
  /** Loads a version directory (saved_model.pb, model.onnx, variables/). Does not hold the event loop. */
  load(directory: string, options?: LoadOptions): Promise<LoadedModel>;
}

/**
 * What another thread of the process needs to run a loaded model too: plain data, and addresses that hold until the model
 * is closed (adopt-model.ts).
 */
export interface SharedModel {
  readonly engine: string;
  /** What messages call the model. */
  readonly name: string;
  readonly signatures: readonly Signature[];
  readonly keepsState: boolean;
  /** The engine's library, where it was looked for. */
  readonly library?: string | undefined;
  /** The engine's own objects. */
  readonly addresses: readonly bigint[];
  /** Whether the shapes of its inputs alone decide what a run costs. */
  readonly steadyCost: boolean;
}

export interface LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  /** Whether a run may change what later ones answer: variables, tables. Where nobody knows, it may. */
  readonly keepsState?: boolean;
  /**
   * Runs one signature. `inputs` are checked against nothing but the engine: callers check dtypes and names.
   * `outputs` names the wanted outputs; empty means all of the signature's.
   */
  run(
    signature: string,
    inputs: ReadonlyMap<string, TensorValue>,
    outputs?: readonly string[],
    options?: RunOptions,
  ): Promise<Map<string, TensorValue>>;
  /**
   * The same here and now, for a run that is known to take some microseconds only; undefined where `run` is to be asked.
   * Throws what `run` rejects with.
   */
  runNow?(
    signature: string,
    inputs: ReadonlyMap<string, TensorValue>,
    outputs?: readonly string[],
  ): Map<string, TensorValue> | undefined;
  /** For other threads, which may run it as long as it is not closed; a model without it runs on one thread only. */
  share?(): SharedModel | undefined;
  /** Waits for running calls, then gives the memory back. */
  close(): Promise<void>;
}
