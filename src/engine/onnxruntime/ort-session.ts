// A session of onnxruntime as the models of all engines use it: calls with frames that are used again and again.
// Not here: opening and releasing (session.ts), the call itself (call.ts).
import type { Signature } from "../../model/signature.ts";
import type { Inputs, NativeSession, Outputs } from "../native/native-model.ts";
import { type Callee, callOnLoop, callOnThread } from "./call.ts";
import { CallFrame } from "./call-frame.ts";
import { NativeNames } from "./native-names.ts";
import { OrtFailure, type OrtRuntime } from "./runtime.ts";
import { releaseSession } from "./session.ts";

const INVALID_ARGUMENT = 2;

export class OrtSession implements NativeSession {
  readonly #callee: Callee;
  readonly #frames: CallFrame[] = [];

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
    const frame = this.#takeFrame(Math.max(inputs.size, outputs.length));
    try {
      return callOnLoop(this.#callee, frame, inputs, outputs);
    } finally {
      this.#frames.push(frame);
    }
  }

  blamesInputs(error: unknown): boolean {
    return error instanceof OrtFailure && error.code === INVALID_ARGUMENT;
  }

  release(): Promise<void> {
    return releaseSession(this.#callee.runtime, this.#callee.session);
  }

  #takeFrame(size: number): CallFrame {
    const frame = this.#frames.pop();
    return frame && frame.capacity >= size ? frame : new CallFrame(size);
  }
}
