// A model for tests of batching: y = 2x row by row, whose runs the test lets go one by one.
import type { LoadedModel, TensorValue } from "../../engine/engine.ts";
import type { Signature } from "../../model/signature.ts";
import type { BatchListener } from "../batching/batch-listener.ts";
import { SILENT } from "../batching/batch-listener.ts";
import { BatchScheduler } from "../batching/batch-scheduler.ts";
import { BatchedModel } from "../batching/batched-model.ts";
import { type BatchingOptions, DEFAULT_BATCHING } from "../configuration/batching-parameters.ts";
import { floatTensor } from "./example-model.ts";
import { FakeClock } from "./fake-clock.ts";
import { signature, spec } from "./half-plus-two.ts";

export const WIDE = signature(
  "serving_default",
  [spec("x", "float32", [-1, -1])],
  [spec("y", "float32", [-1, -1]), spec("z", "float32", [-1])],
);

export interface DoublingOptions {
  readonly signature?: Signature;
  /** Called in each run with the values of x; may throw. */
  readonly onRun?: (x: readonly number[], shape: readonly number[]) => Promise<void> | void;
  /** Answers in its place. */
  readonly answer?: (inputs: ReadonlyMap<string, TensorValue>) => Map<string, TensorValue>;
}

/** The values of a float tensor. */
export function floatsOf(value: TensorValue | undefined): number[] {
  return value ? [...new Float32Array(value.data.slice().buffer)] : [];
}

export class Doubling implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  /** Rows of each run. */
  readonly runs: number[] = [];
  isClosed = false;
  /** Runs wait while this is set. */
  gate: Promise<void> | undefined;
  readonly #options: DoublingOptions;

  constructor(options: DoublingOptions = {}) {
    this.#options = options;
    const one = options.signature ?? WIDE;
    this.signatures = new Map([[one.name, one]]);
  }

  async run(
    _: string,
    inputs: ReadonlyMap<string, TensorValue>,
    outputs: readonly string[] = [],
  ): Promise<Map<string, TensorValue>> {
    if (this.isClosed) throw new Error("the model is closed");
    const x = inputs.get("x");
    if (!x) throw new Error("x is missing");
    const values = floatsOf(x);
    this.runs.push(x.shape[0] ?? 0);
    await this.gate;
    await this.#options.onRun?.(values, x.shape);
    if (this.isClosed) throw new Error("the model was closed during a run");
    if (this.#options.answer) return this.#options.answer(inputs);
    const y = floatTensor(
      x.shape,
      values.map((value) => value * 2),
    );
    const width = x.shape[1] ?? 1;
    const rows = x.shape[0] ?? 0;
    const z = floatTensor(
      [rows],
      Array.from({ length: rows }, (__, row) => values[row * width] ?? -1),
    );
    const all = new Map([
      ["y", y],
      ["z", z],
    ]);
    return outputs.length === 0 ? all : new Map([...all].filter(([name]) => outputs.includes(name)));
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

export interface Joined {
  readonly model: BatchedModel;
  readonly clock: FakeClock;
  /** Why requests are not joined any more. */
  readonly misfits: readonly string[];
  /** y of one request. */
  ask(shape: readonly number[], values: readonly number[], signal?: AbortSignal): Promise<number[]>;
}

/** The model, batched. */
export function joined(
  inner: Doubling,
  options: Partial<BatchingOptions> = {},
  { threads = 1, listener = SILENT }: { readonly threads?: number; readonly listener?: BatchListener } = {},
): Joined {
  const clock = new FakeClock();
  const misfits: string[] = [];
  const scheduler = new BatchScheduler(threads);
  const model = new BatchedModel(
    inner,
    [...inner.signatures.values()].map((one) => ({
      model: "m",
      signature: one,
      inner,
      options: { ...DEFAULT_BATCHING, ...options },
      clock,
      scheduler,
      listener,
      misfit: (reason) => misfits.push(reason),
    })),
  );
  return {
    model,
    clock,
    misfits,
    async ask(shape, values, signal) {
      const inputs = new Map([["x", floatTensor(shape, values)]]);
      const outputs = await model.run("serving_default", inputs, [], signal ? { signal } : {});
      return floatsOf(outputs.get("y"));
    },
  };
}

/** A gate, and what opens it. */
export function gate(): { readonly closed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { closed, open: () => open() };
}
