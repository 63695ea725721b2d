// One call of a session: its inputs put into a frame, run on a thread or on the event loop, its outputs taken out.
// Invariant: everything that C points at is held by the frame until C is done with it.
// Not here: which calls may start and where (native-model.ts), tensors (values.ts, strings.ts).
import { elementCount } from "../../tensor/tensor.ts";
import type { TensorValue } from "../engine.ts";
import { COPY_ON_LOOP_BYTES, copy, copyNow, copyOffLoop, isAligned, newBytes } from "../native/bytes.ts";
import { onThread } from "../native/c-function.ts";
import type { Inputs, Outputs } from "../native/native-model.ts";
import type { CallFrame } from "./call-frame.ts";
import type { NativeNames } from "./native-names.ts";
import { check, made, type OrtRuntime } from "./runtime.ts";
import { makeStrings, takeStrings } from "./strings.ts";
import { makeRoom, makeTensor, typeOf } from "./values.ts";

/** What a call works with. */
export interface Callee {
  readonly runtime: OrtRuntime;
  readonly session: bigint;
  readonly names: NativeNames;
}

/** Runs on a thread of libuv's pool. `signal` makes the run itself stop. */
export async function callOnThread(
  callee: Callee,
  frame: CallFrame,
  inputs: Inputs,
  outputs: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Outputs> {
  try {
    nameOutputs(callee, frame, outputs);
    let index = 0;
    for (const [name, value] of inputs) {
      frame.setInput(index, callee.names.address(name), await makeInput(callee.runtime, frame, value));
      index += 1;
    }
    await runOnThread(callee, frame, inputs.size, outputs.length, signal);
    return await takeOutputs(callee.runtime, frame, outputs);
  } finally {
    releaseFrame(callee.runtime, frame, inputs.size, outputs.length);
  }
}

/** Runs here and now; for runs that are known to be short and have no strings. */
export function callOnLoop(
  callee: Callee,
  frame: CallFrame,
  inputs: Inputs,
  outputs: readonly string[],
): Outputs {
  const { runtime, session, names } = callee;
  const { inputNames, inputs: values, outputNames, outputs: results } = frame;
  try {
    nameOutputs(callee, frame, outputs);
    let index = 0;
    for (const [name, value] of inputs) {
      frame.setInput(index, names.address(name), makeInputNow(runtime, frame, value));
      index += 1;
    }
    check(
      runtime.ort,
      runtime.ort.run(session, null, inputNames, values, inputs.size, outputNames, outputs.length, results),
    );
    return takeOutputsNow(runtime, frame, outputs);
  } finally {
    releaseFrame(runtime, frame, inputs.size, outputs.length);
  }
}

function nameOutputs({ names }: Callee, frame: CallFrame, outputs: readonly string[]): void {
  for (const [index, name] of outputs.entries()) frame.setOutput(index, names.address(name));
}

/** An OrtValue over the input's bytes, or over a copy if they are not aligned to their elements. */
async function makeInput(runtime: OrtRuntime, frame: CallFrame, value: TensorValue): Promise<bigint> {
  const { dtype, shape, data, strings = [] } = value;
  if (dtype === "string") return await makeStrings(runtime, frame, shape, strings);
  if (isAligned(value) || data.byteLength <= COPY_ON_LOOP_BYTES) return makeInputNow(runtime, frame, value);
  const moved = newBytes(data.byteLength);
  await copyOffLoop(moved, data, data.byteLength);
  return makeTensor(runtime, frame, value, moved);
}

function makeInputNow(runtime: OrtRuntime, frame: CallFrame, value: TensorValue): bigint {
  if (isAligned(value)) return makeTensor(runtime, frame, value, value.data);
  const moved = newBytes(value.data.byteLength);
  moved.set(value.data);
  return makeTensor(runtime, frame, value, moved);
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
    const call = [session, options, inputNames, values, inputs, outputNames, outputs, results] as const;
    check(ort, await onThread(ort.run, ...call));
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
    const output = frame.outputAt(index);
    const { dtype, shape } = typeOf(runtime, frame, output);
    if (dtype === "string") {
      const strings = await takeStrings(runtime, frame, output, elementCount(shape));
      values.set(name, { dtype, shape, data: new Uint8Array(0), strings });
      continue;
    }
    const { value, from } = makeRoom(runtime, frame, output, dtype, shape);
    await copy(value.data, from, value.data.byteLength);
    values.set(name, value);
  }
  return values;
}

function takeOutputsNow(runtime: OrtRuntime, frame: CallFrame, outputs: readonly string[]): Outputs {
  const values: Outputs = new Map();
  for (const [index, name] of outputs.entries()) {
    const output = frame.outputAt(index);
    const { dtype, shape } = typeOf(runtime, frame, output);
    if (dtype === "string") throw new Error("strings are taken on threads only");
    const { value, from } = makeRoom(runtime, frame, output, dtype, shape);
    copyNow(value.data, from, value.data.byteLength);
    values.set(name, value);
  }
  return values;
}

function releaseFrame({ ort }: OrtRuntime, frame: CallFrame, inputs: number, outputs: number): void {
  for (let index = 0; index < inputs; index += 1) ort.releaseValue(frame.inputAt(index));
  for (let index = 0; index < outputs; index += 1) ort.releaseValue(frame.outputAt(index));
  frame.clear();
}
