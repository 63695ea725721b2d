// A session of TensorFlow as the models of all engines use it. Any number of threads may run it at once.
// A run cannot be stopped: TF_SessionRun has no such way. Who stops waiting gets the answer at once, and the run goes
// on to its end, with its slot.
// Not here: opening (open-session.ts), tensors (tensors.ts).
import type { Signature, TensorSpec } from "../../model/signature.ts";
import type { TensorValue } from "../engine.ts";
import { type Address, onThread } from "../native/c-function.ts";
import { givingMemoryBack } from "../native/give-memory-back.ts";
import type { Inputs, NativeSession, Outputs } from "../native/native-model.ts";
import { shrinkHeapSoon } from "../shrink-heap.ts";
import { checkedLater, TensorFlowFailure, type TensorFlowRuntime } from "./runtime.ts";
import { deleteTensor, makeTensor, takeTensor } from "./tensors.ts";

const INVALID_ARGUMENT = 3;
const OUT_OF_RANGE = 11;

/** An output of an operation of the graph: TF_Output { TF_Operation *oper; int index; } */
interface GraphTensor {
  readonly operation: bigint;
  readonly index: number;
}

export interface OpenSession {
  readonly session: bigint;
  readonly graph: bigint;
}

export class TensorFlowSession implements NativeSession {
  readonly #runtime: TensorFlowRuntime;
  readonly #open: OpenSession;
  /** By their names in the graph. */
  readonly #tensors = new Map<string, GraphTensor>();

  constructor(runtime: TensorFlowRuntime, open: OpenSession) {
    this.#runtime = runtime;
    this.#open = open;
  }

  async onThread(signature: Signature, inputs: Inputs, outputs: readonly string[]): Promise<Outputs> {
    const call = new RunMemory(inputs.size, outputs.length);
    for (const [at, name] of outputs.entries()) call.setOutput(at, this.#find(signature.outputs, name));
    try {
      let at = 0;
      for (const [name, value] of inputs) {
        call.setInput(at, this.#find(signature.inputs, name), await makeTensor(this.#runtime, value));
        at += 1;
      }
      await this.#run(call);
      const values = new Map<string, TensorValue>();
      for (const [index, name] of outputs.entries()) {
        values.set(name, await takeTensor(this.#runtime, call.outputValues[index] ?? 0n));
      }
      return values;
    } finally {
      for (const tensor of [...call.inputValues, ...call.outputValues]) {
        if (tensor !== 0n) await deleteTensor(this.#runtime, tensor);
      }
    }
  }

  onLoop(): never {
    throw new Error("a TensorFlow graph's cost is not known beforehand");
  }

  blamesInputs(error: unknown): boolean {
    return error instanceof TensorFlowFailure && [INVALID_ARGUMENT, OUT_OF_RANGE].includes(error.code);
  }

  async release(): Promise<void> {
    await givingMemoryBack(() => this.#release());
    shrinkHeapSoon();
  }

  async #release(): Promise<void> {
    const { tf } = this.#runtime;
    const { session, graph } = this.#open;
    try {
      await checkedLater(this.#runtime, (status) => onThread(tf.closeSession, session, status));
    } finally {
      await checkedLater(this.#runtime, (status) => onThread(tf.deleteSession, session, status));
      await onThread(tf.deleteGraph, graph);
    }
  }

  async #run({ inputs, inputValues, outputs, outputValues }: RunMemory): Promise<void> {
    const { tf } = this.#runtime;
    await checkedLater(this.#runtime, (status) =>
      onThread(
        tf.sessionRun,
        this.#open.session,
        null,
        inputs,
        inputValues,
        inputValues.length,
        outputs,
        outputValues,
        outputValues.length,
        null,
        0,
        null,
        status,
      ),
    );
  }

  /** The graph's tensor of a signature's input or output. */
  #find(specs: readonly TensorSpec[], key: string): GraphTensor {
    const name = specs.find((spec) => spec.key === key)?.tensorName;
    if (name === undefined) throw new TensorFlowFailure(INVALID_ARGUMENT, `the signature has no '${key}'`);
    const known = this.#tensors.get(name);
    if (known) return known;
    if (name === "") throw new Error(`'${key}' is made of several tensors, which no request can carry`);
    const colon = name.lastIndexOf(":");
    const [operationName, index] =
      colon < 0 ? [name, 0] : [name.slice(0, colon), Number(name.slice(colon + 1))];
    const operation: Address = this.#runtime.tf.operationByName(this.#open.graph, operationName);
    if (operation === null) throw new Error(`the graph has no operation '${operationName}' for '${key}'`);
    const found = { operation, index };
    this.#tensors.set(name, found);
    return found;
  }
}

/** What TF_SessionRun reads and writes: arrays of TF_Output, two words each, and of TF_Tensor *. */
class RunMemory {
  readonly inputs: BigUint64Array;
  readonly inputValues: BigUint64Array;
  readonly outputs: BigUint64Array;
  readonly outputValues: BigUint64Array;

  constructor(inputs: number, outputs: number) {
    // One buffer of its own: it stays where it is as long as one of the views is there.
    const words = new BigUint64Array(new ArrayBuffer(8 * Math.max(1, 3 * (inputs + outputs))));
    this.inputs = words.subarray(0, 2 * inputs);
    this.inputValues = words.subarray(2 * inputs, 3 * inputs);
    this.outputs = words.subarray(3 * inputs, 3 * inputs + 2 * outputs);
    this.outputValues = words.subarray(3 * inputs + 2 * outputs, 3 * (inputs + outputs));
  }

  setInput(at: number, { operation, index }: GraphTensor, value: bigint): void {
    this.inputs[2 * at] = operation;
    this.inputs[2 * at + 1] = BigInt(index);
    this.inputValues[at] = value;
  }

  setOutput(at: number, { operation, index }: GraphTensor): void {
    this.outputs[2 * at] = operation;
    this.outputs[2 * at + 1] = BigInt(index);
  }
}
