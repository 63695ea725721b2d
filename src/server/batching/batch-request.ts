// A request that waits to run with others, whole or in parts.
// Invariant: it is answered once. Whoever gave up is answered at once, and its rows leave the batches that still wait.
// Not here: which batch it joins (batch-queue.ts), how batches run (run-batch.ts).
import { FerryError, problem } from "../../core/errors.ts";
import type { RunOptions, TensorValue } from "../../engine/engine.ts";
import { inSlices } from "../slices.ts";
import { joinRows } from "./join-rows.ts";

export type Inputs = ReadonlyMap<string, TensorValue>;
export type Outputs = Map<string, TensorValue>;
/** Runs something in the engine, outside any batch. */
export type RunAlone = (inputs: Inputs, options: RunOptions) => Promise<Outputs>;

/** Rows of a request that run in one batch. */
export interface Piece {
  readonly request: BatchRequest;
  readonly from: number;
  readonly rows: number;
}

export class BatchRequest {
  readonly inputs: Inputs;
  readonly rows: number;
  readonly options: RunOptions;
  readonly queuedAtMs = performance.now();
  readonly result: Promise<Outputs>;
  /** Whether nobody waits for it any more. */
  isOver = false;
  /** Parts of it in batches that do not run yet. */
  waitingPieces = 0;
  readonly #runAlone: RunAlone;
  readonly #parts: { readonly from: number; readonly outputs: Outputs }[] = [];
  readonly #whenOver: (() => void)[] = [];
  #answeredRows = 0;
  #alone: Promise<void> | undefined;
  #settle: { resolve(outputs: Outputs): void; reject(reason: unknown): void } | undefined;

  /** `model` is what messages call it. */
  constructor(model: string, inputs: Inputs, rows: number, options: RunOptions, runAlone: RunAlone) {
    this.inputs = inputs;
    this.rows = rows;
    this.options = options;
    this.#runAlone = runAlone;
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    const { signal } = options;
    if (!signal) return;
    const stop = (): void => this.fail(new FerryError([problem("RUN_STOPPED", { model }, signal.reason)]));
    signal.addEventListener("abort", stop, { once: true });
    this.whenOver(() => signal.removeEventListener("abort", stop));
    if (signal.aborted) stop();
  }

  /** Calls back when it is answered, or given up. */
  whenOver(callback: () => void): void {
    if (this.isOver) callback();
    else this.#whenOver.push(callback);
  }

  /** Takes the outputs of some of its rows; answers when all are there. */
  async take(from: number, rows: number, outputs: Outputs): Promise<void> {
    if (this.isOver || this.#alone) return;
    if (rows === this.rows) {
      this.#end(() => this.#settle?.resolve(outputs));
      return;
    }
    this.#parts.push({ from, outputs });
    this.#answeredRows += rows;
    if (this.#answeredRows < this.rows) return;
    const whole = await this.#joined();
    if (!whole) await this.runAlone();
    else if (!this.isOver) this.#end(() => this.#settle?.resolve(whole));
  }

  /** Runs it outside any batch, once, whatever became of its parts. Resolves when it is answered. */
  runAlone(): Promise<void> {
    this.#alone ??= this.#run();
    return this.#alone;
  }

  fail(reason: unknown): void {
    if (!this.isOver) this.#end(() => this.#settle?.reject(reason));
  }

  async #run(): Promise<void> {
    if (this.isOver) return;
    try {
      const outputs = await this.#runAlone(this.inputs, this.options);
      if (!this.isOver) this.#end(() => this.#settle?.resolve(outputs));
    } catch (error) {
      this.fail(error);
    }
  }

  /** The parts' outputs as one; undefined if they do not fit together. */
  async #joined(): Promise<Outputs | undefined> {
    const parts = this.#parts.sort((a, b) => a.from - b.from);
    const whole: Outputs = new Map();
    for (const name of parts[0]?.outputs.keys() ?? []) {
      const tensors = parts.flatMap(({ outputs }) => outputs.get(name) ?? []);
      if (new Set(tensors.map(({ dtype, shape }) => `${dtype} ${shape.slice(1)}`)).size !== 1)
        return undefined;
      const ranges = tensors.map((tensor) => ({ tensor, from: 0, rows: tensor.shape[0] ?? 0 }));
      whole.set(name, await inSlices(joinRows(ranges, this.rows)));
    }
    return whole;
  }

  #end(answer: () => void): void {
    this.isOver = true;
    answer();
    for (const callback of this.#whenOver.splice(0)) callback();
  }
}
