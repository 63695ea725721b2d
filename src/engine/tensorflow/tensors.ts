// Tensors in and out. TensorFlow owns all of their memory: a graph may keep what it is fed, in a variable or a table,
// longer than the run, and would read bytes of ours that are gone by then.
// Numbers are copied in once, to the 64-byte alignment that kernels want and a request's bytes seldom have (TensorFlow
// copies those itself); strings are parsed from a TensorProto, the one way that leaves nobody to free them but the
// tensor; outputs are copied once.
// Not here: runs (tf-session.ts).
import { tensorflowDtype, tensorflowNumber } from "../../bytes/protobuf/tensorflow-dtypes.ts";
import { BYTES_PER_ELEMENT } from "../../tensor/dtype.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { TensorValue } from "../engine.ts";
import { copy, copyNow, newBytes } from "../native/bytes.ts";
import { type Address, onThread } from "../native/c-function.ts";
import { addressOf } from "../native/foreign-functions.ts";
import { inTurns } from "../native/in-turns.ts";
import { MAX_RANK } from "../native/refuse-input.ts";
import { checkedLater, type TensorFlowRuntime } from "./runtime.ts";
import { stringTensorProto } from "./string-tensor-proto.ts";

/** sizeof(TF_TString) */
const STRING_BYTES = 24;

/** sizeof(TF_Buffer) */
const BUFFER_BYTES = 24;

/** Tensors with more elements are given back on a thread: some 100 KiB, or some 200 us for strings. */
const ELEMENTS_ON_LOOP = 4_000;

/** Strings that are read in one turn of the event loop: three calls each. */
const STRINGS_A_TURN = 150;

/** A new TF_Tensor with a copy of the value. */
export async function makeTensor(runtime: TensorFlowRuntime, value: TensorValue): Promise<bigint> {
  if (value.dtype === "string") return await makeStrings(runtime, value);
  const { tf } = runtime;
  const { dtype, shape, data } = value;
  const tensor = allocate(runtime, tensorflowNumber(dtype), shape, data.byteLength);
  try {
    if (data.byteLength > 0) await copy(dataOf(runtime, tensor), data, data.byteLength);
    return tensor;
  } catch (error) {
    tf.deleteTensor(tensor);
    throw error;
  }
}

/** A copy of a TF_Tensor. Throws for element types that have no name here. */
export async function takeTensor(runtime: TensorFlowRuntime, tensor: Address): Promise<TensorValue> {
  const { tf } = runtime;
  const number = tf.tensorType(tensor);
  const dtype = tensorflowDtype(number);
  if (!dtype) throw new Error(`it gave a tensor of TensorFlow's type ${number}, which has no name here`);
  const rank = tf.numDims(tensor);
  if (rank > MAX_RANK) throw new Error(`it gave a tensor of ${rank} dimensions`);
  const shape = Array.from({ length: rank }, (_, axis) => Number(tf.dim(tensor, axis)));
  const count = elementCount(shape);
  if (dtype === "string") {
    return { dtype, shape, data: new Uint8Array(0), strings: await takeStrings(runtime, tensor, count) };
  }
  const data = newBytes(count * BYTES_PER_ELEMENT[dtype]);
  if (data.byteLength > 0) await copy(data, dataOf(runtime, tensor), data.byteLength);
  return { dtype, shape, data };
}

/** Gives a tensor back, a large one on a thread: unmapping memory and freeing many strings take their time. */
export async function deleteTensor({ tf }: TensorFlowRuntime, tensor: bigint): Promise<void> {
  if (tf.elementCount(tensor) > ELEMENTS_ON_LOOP) await onThread(tf.deleteTensor, tensor);
  else tf.deleteTensor(tensor);
}

function allocate(
  { tf }: TensorFlowRuntime,
  dtype: number,
  shape: readonly number[],
  byteLength: number,
): bigint {
  const dimensions = BigInt64Array.from(shape, BigInt);
  const tensor = tf.allocateTensor(dtype, shape.length > 0 ? dimensions : null, shape.length, byteLength);
  if (tensor === null) throw new Error(`there is no memory for a tensor of ${byteLength} bytes`);
  return tensor;
}

function dataOf({ tf }: TensorFlowRuntime, tensor: Address): bigint {
  const data = tf.tensorData(tensor);
  if (data === null) throw new Error("there is no memory for a tensor");
  return data;
}

async function makeStrings(
  runtime: TensorFlowRuntime,
  { shape, strings = [] }: TensorValue,
): Promise<bigint> {
  const { tf } = runtime;
  // struct TF_Buffer { const void *data; size_t length; void (*deallocator)(...); }, the message right behind it, so
  // that what holds the one holds the other.
  const block = await stringTensorProto(shape, strings, BUFFER_BYTES);
  const buffer = new BigUint64Array(block.buffer, 0, BUFFER_BYTES / 8);
  buffer[0] = addressOf(block) + BigInt(BUFFER_BYTES);
  buffer[1] = BigInt(block.byteLength - BUFFER_BYTES);
  const tensor = allocate(runtime, tensorflowNumber("float32"), [], 4); // becomes the tensor of strings
  try {
    await checkedLater(runtime, (status) => onThread(tf.tensorFromProto, buffer, tensor, status));
    return tensor;
  } catch (error) {
    tf.deleteTensor(tensor);
    throw error;
  }
}

async function takeStrings(
  runtime: TensorFlowRuntime,
  tensor: Address,
  count: number,
): Promise<Uint8Array[]> {
  if (count === 0) return [];
  const { tf } = runtime;
  const first = dataOf(runtime, tensor);
  const strings: Uint8Array[] = new Array(count);
  await inTurns(
    strings,
    (_, index) => {
      const element = first + BigInt(index * STRING_BYTES);
      const text = new Uint8Array(new ArrayBuffer(Number(tf.stringSize(element))));
      const from = tf.stringDataPointer(element);
      if (from !== null) copyNow(text, from, text.byteLength);
      strings[index] = text;
    },
    STRINGS_A_TURN,
  );
  return strings;
}
