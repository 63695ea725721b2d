// A model in an engine's library: checks calls, lets them run on threads, many at a time, or on the event loop where
// that is cheaper, and stops them on request.
// Invariant: a caller who stops waiting does not end the call's life: it is counted until C is done with it.
// Not here: the call itself (onnxruntime/, tensorflow/), which run may start (run-slots.ts), which are cheap
// (run-costs.ts).
import { FerryError, fail, problem } from "../../core/errors.ts";
import type { Signature } from "../../model/signature.ts";
import type { LoadedModel, RunOptions, SharedModel, TensorValue } from "../engine.ts";
import { refuseInput } from "./refuse-input.ts";
import { type LoopBudget, RunCosts } from "./run-costs.ts";
import type { RunSlots } from "./run-slots.ts";

export type Inputs = ReadonlyMap<string, TensorValue>;
export type Outputs = Map<string, TensorValue>;

/** What a library can do with a model that it has loaded. */
export interface NativeSession {
  /** Runs on a thread of libuv's pool. `signal` makes the run itself stop, where the library can. */
  onThread(
    signature: Signature,
    inputs: Inputs,
    outputs: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Outputs>;
  /** Runs here and now; only for a model of steady cost. */
  onLoop(inputs: Inputs, outputs: readonly string[]): Outputs;
  /** Whether what a run threw means that its inputs are at fault. */
  blamesInputs(error: unknown): boolean;
  /** Gives back what is kept for runs to come; the session stays. */
  forget?(): void;
  /** Gives the memory back. */
  release(): Promise<void>;
}

/** Where the library's own objects are, for other threads of the process. */
export type NativePlace = Pick<SharedModel, "engine" | "library" | "addresses">;

export interface NativeModelFields {
  readonly name: string;
  readonly place: NativePlace;
  readonly session: NativeSession;
  readonly signatures: readonly Signature[];
  readonly slots: RunSlots;
  /** LoadedModel's; false by default. */
  readonly keepsState?: boolean;
  /** For a model whose past runs foretell what the next one costs: the time that its runs on the loop may take. */
  readonly budget?: LoopBudget | undefined;
}

export class NativeModel implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  readonly keepsState: boolean;
  private readonly name: string;
  private readonly place: NativePlace;
  private readonly session: NativeSession;
  private readonly slots: RunSlots;
  private readonly budget: LoopBudget | undefined;
  private readonly costs = new RunCosts();
  private readonly outputNames = new Map<Signature, readonly string[]>();
  private running = 0;
  private closing: Promise<void> | undefined;
  private whenIdle: (() => void) | undefined;

  constructor(fields: NativeModelFields) {
    this.name = fields.name;
    this.place = fields.place;
    this.session = fields.session;
    this.keepsState = fields.keepsState ?? false;
    this.slots = fields.slots;
    this.budget = fields.budget;
    this.signatures = new Map(fields.signatures.map((signature) => [signature.name, signature]));
  }

  async run(
    signatureName: string,
    inputs: Inputs,
    outputs: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<Outputs> {
    const { signal, onStart } = options;
    if (signal?.aborted) throw this.stopped(signal);
    const signature = this.refuse(signatureName, inputs);
    const wanted = outputs.length > 0 ? outputs : this.outputsOf(signature);
    const shapes = this.budget ? shapesOf(inputs) : "";
    if (this.budget?.isLeft && this.costs.isCheap(shapes)) {
      onStart?.();
      return this.runOnLoop(this.budget, shapes, inputs, wanted);
    }
    this.running += 1;
    const work = this.runOnThread(shapes, signature, inputs, wanted, options).finally(() => this.finished());
    return signal ? this.unlessStopped(work, signal) : work;
  }

  runNow(signatureName: string, inputs: Inputs, outputs: readonly string[] = []): Outputs | undefined {
    if (!this.budget?.isLeft) return undefined;
    const shapes = shapesOf(inputs);
    if (!this.costs.isCheap(shapes)) return undefined;
    const signature = this.refuse(signatureName, inputs);
    const wanted = outputs.length > 0 ? outputs : this.outputsOf(signature);
    return this.runOnLoop(this.budget, shapes, inputs, wanted);
  }

  share(): SharedModel {
    const { name, place, keepsState } = this;
    const signatures = [...this.signatures.values()];
    return { ...place, name, signatures, keepsState, steadyCost: this.budget !== undefined };
  }

  close(): Promise<void> {
    this.closing ??= this.release();
    return this.closing;
  }

  /** Throws if the run cannot be started. */
  private refuse(signatureName: string, inputs: Inputs): Signature {
    if (this.closing) fail("MODEL_CLOSED", { model: this.name });
    const signature = this.signatures.get(signatureName);
    if (!signature) {
      const known = [...this.signatures.keys()].join(", ");
      return fail("SIGNATURE_UNKNOWN", { model: this.name, signature: signatureName, known });
    }
    let reasons = "";
    for (const [name, value] of inputs) {
      const reason = refuseInput(name, value);
      if (reason) reasons += reasons ? `; ${reason}` : reason;
    }
    if (reasons) fail("ENGINE_INPUT_REFUSED", { model: this.name, reason: reasons });
    return signature;
  }

  /** The names of all its outputs. */
  private outputsOf(signature: Signature): readonly string[] {
    let names = this.outputNames.get(signature);
    if (!names) {
      names = signature.outputs.map((output) => output.key);
      this.outputNames.set(signature, names);
    }
    return names;
  }

  private async runOnThread(
    shapes: string,
    signature: Signature,
    inputs: Inputs,
    outputs: readonly string[],
    { signal, onStart }: RunOptions,
  ): Promise<Outputs> {
    if (!(await this.slots.enter(this, signal))) throw this.stopped(signal);
    onStart?.();
    const begin = performance.now();
    try {
      const result = await this.session.onThread(signature, inputs, outputs, signal);
      if (this.budget) this.costs.ranOnThread(shapes, (performance.now() - begin) * 1000);
      return result;
    } catch (error) {
      throw this.explain(error, signal);
    } finally {
      this.slots.leave();
    }
  }

  private runOnLoop(budget: LoopBudget, shapes: string, inputs: Inputs, outputs: readonly string[]): Outputs {
    const begin = performance.now();
    try {
      return this.session.onLoop(inputs, outputs);
    } catch (error) {
      throw this.explain(error, undefined);
    } finally {
      const us = (performance.now() - begin) * 1000;
      this.costs.ranOnLoop(shapes, us);
      budget.spend(us);
    }
  }

  private unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(this.stopped(signal));
      signal.addEventListener("abort", stop, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
      if (signal.aborted) stop();
    });
  }

  private stopped(signal: AbortSignal | undefined): FerryError {
    return new FerryError([problem("RUN_STOPPED", { model: this.name }, signal?.reason)]);
  }

  private explain(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return this.stopped(signal);
    if (error instanceof FerryError) return error;
    const reason = error instanceof Error ? error.message.trim().replace(/\s+/g, " ") : String(error);
    const code = this.session.blamesInputs(error) ? "ENGINE_INPUT_REFUSED" : "ENGINE_FAILED";
    return new FerryError([problem(code, { model: this.name, reason }, error)]);
  }

  private finished(): void {
    this.running -= 1;
    if (this.running === 0) this.whenIdle?.();
  }

  private async release(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => (this.whenIdle = resolve));
    await this.session.release();
  }
}

/** The shapes of all inputs as one text; names and order matter, as they do to the cost. */
function shapesOf(inputs: Inputs): string {
  let text = "";
  for (const [name, value] of inputs) text += `${name}[${value.shape.join(",")}]`;
  return text;
}
