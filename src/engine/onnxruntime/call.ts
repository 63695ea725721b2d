// One call of a session: its inputs put into a frame, run on a thread or on the event loop, its outputs taken out.
// Invariant: everything that C points at is held by the frame until C is done with it.
// Not here: which calls may start and where (loaded-model.ts), tensors (values.ts, strings.ts).
import type { TensorValue } from "../engine.ts";
import type { CallFrame } from "./call-frame.ts";
import type { NativeNames } from "./native-names.ts";
import { check, made, type OrtRuntime } from "./runtime.ts";
import { makeStrings } from "./strings.ts";
import {
  COPY_ON_LOOP_BYTES,
  copyOffLoop,
  describeOutput,
  isAligned,
  makeTensor,
  newBytes,
} from "./values.ts";

/** What a call works with. */
export interface Callee {
  readonly runtime: OrtRuntime;
  readonly session: bigint;
  readonly names: NativeNames;
}

export type Inputs = ReadonlyMap<string, TensorValue>;
export type Outputs = Map<string, TensorValue>;

/** Runs on a thread of libuv's pool. `signal` makes the run itself stop. */
export async function callOnThread(
  callee: Callee,
  frame: CallFrame,
  inputs: Inputs,
  outputs: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Outputs> {
  try {
    await holdBytes(callee.runtime, frame, inputs);
    fillFrame(callee, frame, inputs, outputs);
    await runOnThread(callee, frame, inputs.size, outputs.length, signal);
    return await takeOutputs(callee.runtime, frame, outputs);
  } finally {
    releaseFrame(callee.runtime, frame, inputs.size, outputs.length);
  }
}

/** Runs here and now; for runs that are known to be short. */
export function callOnLoop(
  callee: Callee,
  frame: CallFrame,
  inputs: Inputs,
  outputs: readonly string[],
): Outputs {
  const { ort } = callee.runtime;
  const { inputNames, inputs: values, outputNames, outputs: results } = frame;
  try {
    holdBytesNow(frame, inputs);
    fillFrame(callee, frame, inputs, outputs);
    check(
      ort,
      ort.run(callee.session, null, inputNames, values, inputs.size, outputNames, outputs.length, results),
    );
    return takeOutputsNow(callee.runtime, frame, outputs);
  } finally {
    releaseFrame(callee.runtime, frame, inputs.size, outputs.length);
  }
}

/** Keeps the inputs' bytes with the frame: those that are not aligned to their elements as copies. */
async function holdBytes(runtime: OrtRuntime, frame: CallFrame, inputs: Inputs): Promise<void> {
  for (const value of inputs.values()) {
    const { data } = value;
    if (isAligned(value) || data.byteLength <= COPY_ON_LOOP_BYTES) {
      frame.held.push(alignedNow(value));
    } else {
      const copy = newBytes(data.byteLength);
      await copyOffLoop(runtime, copy, data);
      frame.held.push(copy);
    }
  }
}

function holdBytesNow(frame: CallFrame, inputs: Inputs): void {
  for (const value of inputs.values()) frame.held.push(alignedNow(value));
}

function alignedNow(value: TensorValue): Uint8Array {
  if (isAligned(value)) return value.data;
  const copy = newBytes(value.data.byteLength);
  copy.set(value.data);
  return copy;
}

function fillFrame(
  { runtime, names }: Callee,
  frame: CallFrame,
  inputs: Inputs,
  outputs: readonly string[],
): void {
  for (const [index, name] of outputs.entries()) frame.setOutput(index, names.address(name));
  let index = 0;
  for (const [name, value] of inputs) {
    const bytes = frame.held[index] ?? value.data;
    const made =
      value.dtype === "string"
        ? makeStrings(runtime, frame, value.shape, value.strings ?? [])
        : makeTensor(runtime, frame, value, bytes);
    frame.setInput(index, names.address(name), made);
    index += 1;
  }
}

async function runOnThread(
  { runtime: { ort }, session }: Callee,
  frame: CallFrame,
  inputs: number,
  outputs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { inputNames, inputs: values, outputNames, outputs: results } = frame;
  const options = signal ? made(ort, (result) => ort.createRunOptions(result)) : null;
  const stop = (): void => check(ort, ort.runOptionsSetTerminate(options));
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    const status = await new Promise<bigint | null>((resolve, reject) => {
      ort.run.async(
        ...([session, options, inputNames, values, inputs, outputNames, outputs, results] as const),
        (error, value) => (error ? reject(error) : resolve(value)),
      );
    });
    check(ort, status);
  } finally {
    signal?.removeEventListener("abort", stop);
    if (options !== null) ort.releaseRunOptions(options);
  }
}

async function takeOutputs(
  runtime: OrtRuntime,
  frame: CallFrame,
  outputs: readonly string[],
): Promise<Outputs> {
  const values: Outputs = new Map();
  for (const [index, name] of outputs.entries()) {
    const { value, from } = describeOutput(runtime, frame, frame.outputAt(index));
    if (value.data.byteLength > COPY_ON_LOOP_BYTES) await copyOffLoop(runtime, value.data, from);
    else if (from !== 0n) runtime.c.memcpy(value.data, from, value.data.byteLength);
    values.set(name, value);
  }
  return values;
}

function takeOutputsNow(runtime: OrtRuntime, frame: CallFrame, outputs: readonly string[]): Outputs {
  const values: Outputs = new Map();
  for (const [index, name] of outputs.entries()) {
    const { value, from } = describeOutput(runtime, frame, frame.outputAt(index));
    if (from !== 0n) runtime.c.memcpy(value.data, from, value.data.byteLength);
    values.set(name, value);
  }
  return values;
}

function releaseFrame({ ort }: OrtRuntime, frame: CallFrame, inputs: number, outputs: number): void {
  for (let index = 0; index < inputs; index += 1) ort.releaseValue(frame.inputAt(index));
  for (let index = 0; index < outputs; index += 1) ort.releaseValue(frame.outputAt(index));
  frame.clear();
}
