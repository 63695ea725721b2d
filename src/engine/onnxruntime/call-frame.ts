// The memory of one run that C writes to and reads from: arrays of pointers, one result, the dimensions of a tensor.
// Layout, in 8-byte words: input names, inputs, output names, outputs (capacity words each), result, dimensions.
// Invariant: the buffer never moves while the frame is referenced (an ArrayBuffer of its own, not a small view).
import { addressOf } from "../native/foreign-functions.ts";
import { MAX_RANK } from "../native/refuse-input.ts";

const WORD_BYTES = 8;

export class CallFrame {
  /** How many inputs and how many outputs fit. */
  readonly capacity: number;
  readonly words: BigInt64Array;
  readonly inputNames: bigint;
  readonly inputs: bigint;
  readonly outputNames: bigint;
  readonly outputs: bigint;
  readonly result: bigint;
  readonly dimensions: bigint;
  /** Bytes that the inputs point at: referenced here so that they outlive the run. */
  readonly held: Uint8Array[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
    this.words = new BigInt64Array(new ArrayBuffer((4 * capacity + 1 + MAX_RANK) * WORD_BYTES));
    const base = addressOf(this.words);
    const at = (word: number): bigint => base + BigInt(word * WORD_BYTES);
    this.inputNames = base;
    this.inputs = at(capacity);
    this.outputNames = at(2 * capacity);
    this.outputs = at(3 * capacity);
    this.result = at(4 * capacity);
    this.dimensions = at(4 * capacity + 1);
  }

  /** Forgets everything, once the values are released: a frame that is not in use holds nothing. */
  clear(): void {
    this.held.length = 0;
    this.words.fill(0n);
  }

  setInput(index: number, name: bigint, value: bigint): void {
    this.words[index] = name;
    this.words[this.capacity + index] = value;
  }

  /** Names the output; where its value stays NULL, onnxruntime allocates it. */
  setOutput(index: number, name: bigint, value = 0n): void {
    this.words[2 * this.capacity + index] = name;
    this.words[3 * this.capacity + index] = value;
  }

  inputAt(index: number): bigint {
    return this.words[this.capacity + index] ?? 0n;
  }

  outputAt(index: number): bigint {
    return this.words[3 * this.capacity + index] ?? 0n;
  }

  /** The address that the last call wrote. */
  takeResult(): bigint {
    return this.words[4 * this.capacity] ?? 0n;
  }

  /** The number that the last call wrote in the low half of the result word, as enums are. */
  takeInt(): number {
    return Number(this.takeResult() & 0xffffffffn);
  }

  setDimensions(shape: readonly number[]): void {
    const start = 4 * this.capacity + 1;
    for (const [axis, size] of shape.entries()) this.words[start + axis] = BigInt(size);
  }

  getDimensions(rank: number): number[] {
    const start = 4 * this.capacity + 1;
    return Array.from(this.words.subarray(start, start + rank), Number);
  }
}
