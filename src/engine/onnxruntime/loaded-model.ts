// A model in onnxruntime: checks calls, lets them run on threads, many at a time, or on the event loop where that is
// cheaper, and stops them on request.
// Invariant: a caller who stops waiting does not end the call's life: it is counted until C is done with it.
// Not here: the call itself (call.ts), which run may start (run-slots.ts), which are cheap (run-costs.ts).
import { FerryError, fail, problem } from "../../core/errors.ts";
import type { Signature } from "../../model/signature.ts";
import type { LoadedModel, RunOptions } from "../engine.ts";
import { type Callee, callOnLoop, callOnThread, type Inputs, type Outputs } from "./call.ts";
import { CallFrame } from "./call-frame.ts";
import { NativeNames } from "./native-names.ts";
import { type LoopBudget, RunCosts } from "./run-costs.ts";
import type { RunSlots } from "./run-slots.ts";
import { OrtFailure, type OrtRuntime } from "./runtime.ts";
import { releaseSession } from "./session.ts";
import { refuseInput } from "./values.ts";

const INVALID_ARGUMENT = 2;

export interface OrtModelFields {
  readonly name: string;
  readonly runtime: OrtRuntime;
  readonly slots: RunSlots;
  readonly budget: LoopBudget;
  readonly session: bigint;
  readonly signatures: readonly Signature[];
  /** Whether past runs foretell what the next one costs (steady-cost.ts). */
  readonly steadyCost: boolean;
}

export class OrtModel implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  private readonly name: string;
  private readonly callee: Callee;
  private readonly slots: RunSlots;
  private readonly budget: LoopBudget;
  private readonly costs: RunCosts | undefined;
  private readonly frames: CallFrame[] = [];
  private running = 0;
  private closing: Promise<void> | undefined;
  private whenIdle: (() => void) | undefined;

  constructor(fields: OrtModelFields) {
    const { runtime, session } = fields;
    this.name = fields.name;
    this.callee = { runtime, session, names: new NativeNames() };
    this.slots = fields.slots;
    this.budget = fields.budget;
    this.costs = fields.steadyCost ? new RunCosts() : undefined;
    this.signatures = new Map(fields.signatures.map((signature) => [signature.name, signature]));
  }

  async run(
    signature: string,
    inputs: Inputs,
    outputs: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<Outputs> {
    const wanted = this.refuse(signature, inputs, outputs);
    const { signal, onStart } = options;
    if (signal?.aborted) throw this.stopped(signal);
    const shapes = this.costs ? shapesOf(inputs) : "";
    if (this.costs?.isCheap(shapes) && this.budget.isLeft) {
      onStart?.();
      return this.runOnLoop(shapes, inputs, wanted);
    }
    this.running += 1;
    const work = this.runOnThread(shapes, inputs, wanted, options).finally(() => this.finished());
    return signal ? this.unlessStopped(work, signal) : work;
  }

  close(): Promise<void> {
    this.closing ??= this.release();
    return this.closing;
  }

  /** Throws if the run cannot be started; gives the outputs that are wanted. */
  private refuse(signatureName: string, inputs: Inputs, outputs: readonly string[]): readonly string[] {
    if (this.closing) fail("MODEL_CLOSED", { model: this.name });
    const signature = this.signatures.get(signatureName);
    if (!signature) {
      const known = [...this.signatures.keys()].join(", ");
      return fail("SIGNATURE_UNKNOWN", { model: this.name, signature: signatureName, known });
    }
    const reasons = [...inputs].flatMap(([name, value]) => refuseInput(name, value) ?? []);
    if (reasons.length > 0) {
      fail("ENGINE_INPUT_REFUSED", { model: this.name, reason: reasons.join("; ") });
    }
    return outputs.length > 0 ? outputs : signature.outputs.map((output) => output.key);
  }

  private async runOnThread(
    shapes: string,
    inputs: Inputs,
    outputs: readonly string[],
    { signal, onStart }: RunOptions,
  ): Promise<Outputs> {
    if (!(await this.slots.enter(this, signal))) throw this.stopped(signal);
    onStart?.();
    const frame = this.takeFrame(Math.max(inputs.size, outputs.length));
    const begin = performance.now();
    try {
      const result = await callOnThread(this.callee, frame, inputs, outputs, signal);
      this.costs?.ranOnThread(shapes, (performance.now() - begin) * 1000);
      return result;
    } catch (error) {
      throw this.explain(error, signal);
    } finally {
      this.frames.push(frame);
      this.slots.leave();
    }
  }

  private runOnLoop(shapes: string, inputs: Inputs, outputs: readonly string[]): Outputs {
    const frame = this.takeFrame(Math.max(inputs.size, outputs.length));
    const begin = performance.now();
    try {
      return callOnLoop(this.callee, frame, inputs, outputs);
    } catch (error) {
      throw this.explain(error, undefined);
    } finally {
      const us = (performance.now() - begin) * 1000;
      this.costs?.ranOnLoop(shapes, us);
      this.budget.spend(us);
      this.frames.push(frame);
    }
  }

  private takeFrame(size: number): CallFrame {
    const frame = this.frames.pop();
    return frame && frame.capacity >= size ? frame : new CallFrame(size);
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
    const refused = error instanceof OrtFailure && error.code === INVALID_ARGUMENT;
    const code = refused ? "ENGINE_INPUT_REFUSED" : "ENGINE_FAILED";
    return new FerryError([problem(code, { model: this.name, reason }, error)]);
  }

  private finished(): void {
    this.running -= 1;
    if (this.running === 0) this.whenIdle?.();
  }

  private async release(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => (this.whenIdle = resolve));
    await releaseSession(this.callee.runtime, this.callee.session);
  }
}

/** The shapes of all inputs as one text; names and order matter, as they do to the cost. */
function shapesOf(inputs: Inputs): string {
  let text = "";
  for (const [name, value] of inputs) text += `${name}[${value.shape.join(",")}]`;
  return text;
}
