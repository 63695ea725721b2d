// A call of known shapes whose tensors stay: bytes are copied into the inputs and out of the outputs, and C is called
// once. A cheap run costs less than the dozen calls that make and take its tensors.
// Invariant: one call at a time, on the event loop. The outputs' shapes are those of a run with inputs of these very
// shapes; should a run want others, onnxruntime refuses, and the caller runs it the long way.
// Not here: tensors made for one run (call.ts).
import { BYTES_PER_ELEMENT, type DType } from "../../tensor/dtype.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { newBytes } from "../native/bytes.ts";
import type { Inputs, Outputs } from "../native/native-model.ts";
import type { Callee } from "./call.ts";
import { CallFrame } from "./call-frame.ts";
import { check } from "./runtime.ts";
import { makeTensor } from "./values.ts";

/** Copying more than this costs more than the calls that it saves. */
const MAX_BOUND_BYTES = 64 * 1024;

interface BoundTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Memory of its own, which C reads or writes. */
  readonly bytes: Uint8Array;
}

export class BoundCall {
  readonly #callee: Callee;
  readonly #frame: CallFrame;
  readonly #inputs: readonly BoundTensor[];
  readonly #outputs: readonly BoundTensor[];

  private constructor(callee: Callee, inputs: readonly BoundTensor[], outputs: readonly BoundTensor[]) {
    this.#callee = callee;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#frame = new CallFrame(Math.max(inputs.length, outputs.length));
    this.#fillFrame();
  }

  /** For calls like one that ran; undefined if its tensors are too large, or empty. */
  static like(callee: Callee, inputs: Inputs, outputs: Outputs): BoundCall | undefined {
    const all = [...inputs.values(), ...outputs.values()];
    const bytes = all.reduce((sum, { data }) => sum + data.byteLength, 0);
    if (bytes > MAX_BOUND_BYTES || all.some(({ data }) => data.byteLength === 0)) return undefined;
    return new BoundCall(callee, boundTensors(inputs), boundTensors(outputs));
  }

  /** Whether a call is one of these. */
  takes(inputs: Inputs, outputs: readonly string[]): boolean {
    if (inputs.size !== this.#inputs.length || outputs.length !== this.#outputs.length) return false;
    for (let index = 0; index < outputs.length; index++) {
      if (outputs[index] !== this.#outputs[index]?.name) return false;
    }
    for (const { name, dtype, shape } of this.#inputs) {
      const value = inputs.get(name);
      if (!value || value.dtype !== dtype || !sameShape(value.shape, shape)) return false;
    }
    return true;
  }

  /** Runs a call that it takes. Throws OrtFailure. */
  run(inputs: Inputs): Outputs {
    const frame = this.#frame;
    const { runtime, session } = this.#callee;
    for (const { name, bytes } of this.#inputs) {
      const value = inputs.get(name);
      if (value) bytes.set(value.data);
    }
    const [given, taken] = [this.#inputs.length, this.#outputs.length];
    const { inputNames, inputs: values, outputNames, outputs: results } = frame;
    check(
      runtime.ort,
      runtime.ort.run(session, null, inputNames, values, given, outputNames, taken, results),
    );
    const outputs: Outputs = new Map();
    for (const { name, dtype, shape, bytes } of this.#outputs) {
      const data = newBytes(bytes.byteLength);
      data.set(bytes);
      outputs.set(name, { dtype, shape, data });
    }
    return outputs;
  }

  /** Gives the tensors back. */
  release(): void {
    const { ort } = this.#callee.runtime;
    for (let index = 0; index < this.#inputs.length; index++) ort.releaseValue(this.#frame.inputAt(index));
    for (let index = 0; index < this.#outputs.length; index++) ort.releaseValue(this.#frame.outputAt(index));
    this.#frame.clear();
  }

  #fillFrame(): void {
    const { runtime, names } = this.#callee;
    const frame = this.#frame;
    try {
      for (const [index, tensor] of this.#inputs.entries()) {
        frame.setInput(index, names.address(tensor.name), valueOver(runtime, frame, tensor));
      }
      for (const [index, tensor] of this.#outputs.entries()) {
        frame.setOutput(index, names.address(tensor.name), valueOver(runtime, frame, tensor));
      }
    } catch (error) {
      this.release();
      throw error;
    }
  }
}

function boundTensors(tensors: Inputs): BoundTensor[] {
  return [...tensors].map(([name, { dtype, shape }]) => {
    const byteLength = elementCount(shape) * BYTES_PER_ELEMENT[dtype];
    return { name, dtype, shape: [...shape], bytes: new Uint8Array(new ArrayBuffer(byteLength)) };
  });
}

function valueOver(
  runtime: Callee["runtime"],
  frame: CallFrame,
  { dtype, shape, bytes }: BoundTensor,
): bigint {
  return makeTensor(runtime, frame, { dtype, shape, data: bytes }, bytes);
}

function sameShape(one: readonly number[], other: readonly number[]): boolean {
  if (one.length !== other.length) return false;
  for (let axis = 0; axis < one.length; axis++) if (one[axis] !== other[axis]) return false;
  return true;
}
