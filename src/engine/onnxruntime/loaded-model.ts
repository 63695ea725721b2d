// A model in onnxruntime: runs its signatures on threads, many at a time, and stops them on request.
// Invariant: the event loop only prepares a call and collects its outputs; everything that C points at is held by the
// call until C is done with it, also when the caller has stopped waiting.
// Not here: which run may start (run-slots.ts), tensors (values.ts, strings.ts).
import { FerryError, fail, problem } from "../../core/errors.ts";
import type { Signature } from "../../model/signature.ts";
import type { LoadedModel, RunOptions, TensorValue } from "../engine.ts";
import { CallFrame } from "./call-frame.ts";
import { NativeNames } from "./native-names.ts";
import type { RunSlots } from "./run-slots.ts";
import { check, made, OrtFailure, type OrtRuntime } from "./runtime.ts";
import { releaseSession } from "./session.ts";
import { makeStrings } from "./strings.ts";
import { alignedBytes, isAligned, makeTensor, refuseInput, takeTensor } from "./values.ts";

const INVALID_ARGUMENT = 2;

export interface OrtModelFields {
  readonly name: string;
  readonly runtime: OrtRuntime;
  readonly slots: RunSlots;
  readonly session: bigint;
  readonly signatures: readonly Signature[];
}

export class OrtModel implements LoadedModel {
  readonly signatures: ReadonlyMap<string, Signature>;
  private readonly name: string;
  private readonly runtime: OrtRuntime;
  private readonly slots: RunSlots;
  private readonly session: bigint;
  private readonly names = new NativeNames();
  private readonly frames: CallFrame[] = [];
  private running = 0;
  private closing: Promise<void> | undefined;
  private whenIdle: (() => void) | undefined;

  constructor(fields: OrtModelFields) {
    this.name = fields.name;
    this.runtime = fields.runtime;
    this.slots = fields.slots;
    this.session = fields.session;
    this.signatures = new Map(fields.signatures.map((signature) => [signature.name, signature]));
  }

  async run(
    signature: string,
    inputs: ReadonlyMap<string, TensorValue>,
    outputs: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<Map<string, TensorValue>> {
    const wanted = this.refuse(signature, inputs, outputs);
    const { signal } = options;
    this.running += 1;
    const work = this.execute(inputs, wanted, signal).finally(() => this.finished());
    return signal ? this.unlessStopped(work, signal) : work;
  }

  close(): Promise<void> {
    this.closing ??= this.release();
    return this.closing;
  }

  /** Throws if the run cannot be started; gives the outputs that are wanted. */
  private refuse(
    signatureName: string,
    inputs: ReadonlyMap<string, TensorValue>,
    outputs: readonly string[],
  ): readonly string[] {
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

  private async execute(
    inputs: ReadonlyMap<string, TensorValue>,
    outputs: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Map<string, TensorValue>> {
    if (!(await this.slots.enter(this, signal))) throw this.stopped(signal);
    const frame = this.takeFrame(Math.max(inputs.size, outputs.length));
    try {
      return await this.call(frame, inputs, outputs, signal);
    } catch (error) {
      throw this.explain(error, signal);
    } finally {
      this.frames.push(frame);
      this.slots.leave();
    }
  }

  private async call(
    frame: CallFrame,
    inputs: ReadonlyMap<string, TensorValue>,
    outputs: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Map<string, TensorValue>> {
    const { ort } = this.runtime;
    frame.held = await this.bytesOf(inputs);
    let made = 0;
    for (const [index, name] of outputs.entries()) frame.setOutput(index, this.names.address(name));
    try {
      for (const [name, value] of inputs) {
        frame.setInput(made, this.names.address(name), this.makeInput(frame, value, frame.held[made]));
        made += 1;
      }
      await this.runOnThread(frame, made, outputs.length, signal);
      return await this.takeOutputs(frame, outputs);
    } finally {
      frame.held = [];
      for (let index = 0; index < made; index += 1) ort.releaseValue(frame.inputAt(index));
      for (const [index] of outputs.entries()) ort.releaseValue(frame.outputAt(index));
    }
  }

  /** The inputs' bytes in order, in place where they are aligned. */
  private async bytesOf(inputs: ReadonlyMap<string, TensorValue>): Promise<Uint8Array[]> {
    const all: Uint8Array[] = [];
    for (const value of inputs.values()) {
      all.push(isAligned(value) ? value.data : await alignedBytes(this.runtime, value));
    }
    return all;
  }

  private makeInput(frame: CallFrame, value: TensorValue, bytes = value.data): bigint {
    return value.dtype === "string"
      ? makeStrings(this.runtime, frame, value.shape, value.strings ?? [])
      : makeTensor(this.runtime, frame, value, bytes);
  }

  private async runOnThread(
    frame: CallFrame,
    inputs: number,
    outputs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { ort } = this.runtime;
    const { inputNames, inputs: values, outputNames, outputs: results } = frame;
    const options = signal ? made(ort, (result) => ort.createRunOptions(result)) : null;
    const stop = (): void => check(ort, ort.runOptionsSetTerminate(options));
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    try {
      const status = await new Promise<bigint | null>((resolve, reject) => {
        ort.run.async(
          ...([this.session, options, inputNames, values, inputs, outputNames, outputs, results] as const),
          (error, value) => (error ? reject(error) : resolve(value)),
        );
      });
      check(ort, status);
    } finally {
      signal?.removeEventListener("abort", stop);
      if (options !== null) ort.releaseRunOptions(options);
    }
  }

  private async takeOutputs(frame: CallFrame, outputs: readonly string[]): Promise<Map<string, TensorValue>> {
    const values = new Map<string, TensorValue>();
    for (const [index, name] of outputs.entries()) {
      values.set(name, await takeTensor(this.runtime, frame, frame.outputAt(index)));
    }
    return values;
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
    await releaseSession(this.runtime, this.session);
  }
}
