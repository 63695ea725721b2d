// A session of onnxruntime as the models of all engines use it: calls with frames that are used again and again.
// Not here: opening and releasing (session.ts), the call itself (call.ts).
import type { Signature } from "../../model/signature.ts";
import type { Inputs, NativeSession, Outputs } from "../native/native-model.ts";
import { BoundCall } from "./bound-call.ts";
import { type Callee, callOnLoop, callOnThread } from "./call.ts";
import { CallFrame } from "./call-frame.ts";
import { NativeNames } from "./native-names.ts";
import { OrtFailure, type OrtRuntime } from "./runtime.ts";
import { releaseSession } from "./session.ts";

const INVALID_ARGUMENT = 2;
/** Calls of different shapes or outputs whose tensors are kept; the one that was made first goes first. */
const MAX_BOUND_CALLS = 16;

export class OrtSession implements NativeSession {
  readonly #callee: Callee;
  readonly #frames: CallFrame[] = [];
  readonly #bound: BoundCall[] = [];

  constructor(runtime: OrtRuntime, session: bigint) {
    this.#callee = { runtime, session, names: new NativeNames() };
  }

  async onThread(
    _signature: Signature,
    inputs: Inputs,
    outputs: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Outputs> {
    const frame = this.#takeFrame(Math.max(inputs.size, outputs.length));
    try {
      return await callOnThread(this.#callee, frame, inputs, outputs, signal);
    } finally {
      this.#frames.push(frame);
    }
  }

  onLoop(inputs: Inputs, outputs: readonly string[]): Outputs {
    const bound = this.#bound.find((call) => call.takes(inputs, outputs));
    if (!bound) return this.#bind(inputs, this.#runOnLoop(inputs, outputs));
    try {
      return bound.run(inputs);
    } catch {
      // Whatever it was, a run with tensors of its own does not suffer from it, or says so.
      this.#unbind(bound);
      return this.#runOnLoop(inputs, outputs);
    }
  }

  forget(): void {
    for (const bound of this.#bound.splice(0)) bound.release();
  }

  blamesInputs(error: unknown): boolean {
    return error instanceof OrtFailure && error.code === INVALID_ARGUMENT;
  }

  release(): Promise<void> {
    this.forget();
    return releaseSession(this.#callee.runtime, this.#callee.session);
  }

  #runOnLoop(inputs: Inputs, outputs: readonly string[]): Outputs {
    const frame = this.#takeFrame(Math.max(inputs.size, outputs.length));
    try {
      return callOnLoop(this.#callee, frame, inputs, outputs);
    } finally {
      this.#frames.push(frame);
    }
  }

  /** Keeps tensors for the next call like the one that just ran. */
  #bind(inputs: Inputs, outputs: Outputs): Outputs {
    const call = BoundCall.like(this.#callee, inputs, outputs);
    if (call && this.#bound.push(call) > MAX_BOUND_CALLS) this.#bound.shift()?.release();
    return outputs;
  }

  #unbind(call: BoundCall): void {
    this.#bound.splice(this.#bound.indexOf(call), 1);
    call.release();
  }

  #takeFrame(size: number): CallFrame {
    const frame = this.#frames.pop();
    return frame && frame.capacity >= size ? frame : new CallFrame(size);
  }
}
