// One signature of one version whose requests run together: checks a request, finds its queue, and runs the batches.
// Rules and messages: TensorFlow Serving's batching_session.cc.
// Invariant: what does not fit the signature is left to the engine to refuse, alone.
import { FerryError, Problem, problem } from "../../core/errors.ts";
import type { LoadedModel, RunOptions, TensorValue } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import type { Clock } from "../clock.ts";
import type { BatchingOptions } from "../configuration/batching-parameters.ts";
import type { BatchListener } from "./batch-listener.ts";
import { BatchQueue } from "./batch-queue.ts";
import { BatchRequest, type Inputs, type Outputs } from "./batch-request.ts";
import type { BatchScheduler, BatchSource } from "./batch-scheduler.ts";
import { type BatchRun, runBatch } from "./run-batch.ts";

export interface JoinedSignatureFields {
  /** What messages call the model. */
  readonly model: string;
  readonly signature: Signature;
  readonly inner: LoadedModel;
  readonly options: BatchingOptions;
  readonly clock: Clock;
  readonly scheduler: BatchScheduler;
  readonly listener: BatchListener;
  /** Told, once, why its requests are not joined any more. */
  readonly misfit: (reason: string) => void;
}

export class JoinedSignature {
  readonly #fields: JoinedSignatureFields;
  /** By the wanted outputs. Those without requests are left out. */
  readonly #queues = new Map<string, BatchQueue>();
  #isJoinable = true;

  constructor(fields: JoinedSignatureFields) {
    this.#fields = fields;
  }

  /** Like LoadedModel.run; `outputs` empty means all. */
  run(inputs: Inputs, outputs: readonly string[], options: RunOptions): Promise<Outputs> {
    const { inner, signature, model, listener } = this.#fields;
    const alone = (given: Inputs, how: RunOptions): Promise<Outputs> =>
      inner.run(signature.name, given, outputs, how);
    const rows = this.#isJoinable ? this.#rowsOf(inputs) : "alone";
    if (rows instanceof Problem) return Promise.reject(new FerryError([rows]));
    if (rows === "alone" || rows === 0) return alone(inputs, options);
    listener.arrived(rows);
    const request = new BatchRequest(model, inputs, rows, options, alone);
    if (!request.isOver) {
      const refusal = this.#queueOf(outputs).add(request, this.#shapesOf(inputs));
      if (refusal) request.fail(new FerryError([refusal]));
    }
    return request.result;
  }

  /** From now on no request waits for others. */
  flush(): void {
    for (const queue of this.#queues.values()) queue.flush();
  }

  /** The request's rows, or what is wrong with it. */
  #rowsOf(inputs: Inputs): number | "alone" | Problem {
    const { signature, options } = this.#fields;
    const specs = signature.inputs;
    if (inputs.size !== specs.length) return "alone";
    let rows: number | undefined;
    let fits = true;
    for (const { key, dtype, shape: wanted = [] } of specs) {
      const value = inputs.get(key);
      if (!value || value.dtype !== dtype) return "alone";
      const [size] = value.shape;
      if (size === undefined) return problem("BATCH_INPUT_RANK", {});
      if (rows !== undefined && rows !== size) return problem("BATCH_INPUT_SIZES", {});
      rows = size;
      fits &&= fitsShape(value.shape, wanted);
    }
    if (!fits || rows === undefined) return "alone";
    const limit = options.maxBatchSize;
    return rows > limit ? problem("BATCH_TASK_SIZE", { size: rows, limit }) : rows;
  }

  /** What requests have to have in common to run together. Rows are padded on axes that the signature leaves free. */
  #shapesOf(inputs: Inputs): string {
    const { signature, options } = this.#fields;
    let text = "";
    for (const { key } of signature.inputs) {
      const sizes = inputs.get(key)?.shape.slice(1) ?? [];
      // An element that others could be padded with is needed.
      const isPadded = options.padVariableLengthInputs && !sizes.includes(0);
      text += isPadded ? "padded;" : `${sizes};`;
    }
    return text;
  }

  #queueOf(outputs: readonly string[]): BatchQueue {
    const { signature, options, clock, scheduler, listener } = this.#fields;
    const all = signature.outputs.map((output) => output.key);
    const wanted = outputs.length === 0 ? all : all.filter((name) => outputs.includes(name));
    const key = wanted.join("\n");
    const known = this.#queues.get(key);
    if (known) return known;
    const queue = new BatchQueue(options, clock, () => scheduler.wake(source));
    const run = this.#batchRun(wanted);
    const source: BatchSource = {
      begin: () => {
        const batch = queue.take();
        if (queue.isEmpty && this.#queues.get(key) === queue) this.#queues.delete(key);
        if (!batch) return undefined;
        const now = performance.now();
        for (const { request } of batch.pieces) listener.waited(now - request.queuedAtMs);
        return runBatch(batch, run);
      },
    };
    this.#queues.set(key, queue);
    return queue;
  }

  #batchRun(outputs: readonly string[]): BatchRun {
    const { inner, signature, options, listener } = this.#fields;
    return {
      inputs: signature.inputs.map((input) => input.key),
      run: (inputs, how) => inner.run(signature.name, inputs, outputs, how),
      sizeFor: (rows) => options.allowedBatchSizes.find((size) => size >= rows) ?? rows,
      began: (rows, paddedRows) => listener.runs(rows, paddedRows),
      misfit: (reason) => {
        if (this.#isJoinable) this.#fields.misfit(reason);
        this.#isJoinable = false;
        this.flush();
      },
    };
  }
}

function fitsShape(shape: TensorValue["shape"], wanted: readonly number[]): boolean {
  return shape.length === wanted.length && wanted.every((size, axis) => size < 0 || size === shape[axis]);
}
