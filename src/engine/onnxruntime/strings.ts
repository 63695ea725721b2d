// String tensors in and out. onnxruntime owns their memory, so strings are copied both ways; on threads where that
// can be, and never more than STRINGS_A_TURN in one turn of the event loop.
// Invariant: strings are bytes; NUL may stand in them.
// Not here: other tensors (values.ts).
import { setImmediate as nextTurn } from "node:timers/promises";
import { onnxNumber } from "../../tensor/onnx-dtypes.ts";
import type { Address } from "./c-api.ts";
import type { CallFrame } from "./call-frame.ts";
import { addressOf } from "./foreign-functions.ts";
import { check, type OrtRuntime } from "./runtime.ts";

/** Strings that are handled before others get the event loop; some 150 us of work. */
const STRINGS_A_TURN = 500;

/** An OrtValue with copies of `strings`. */
export async function makeStrings(
  runtime: OrtRuntime,
  frame: CallFrame,
  shape: readonly number[],
  strings: readonly Uint8Array[],
): Promise<bigint> {
  const { ort, allocator } = runtime;
  const { dimensions, result } = frame;
  frame.setDimensions(shape);
  check(ort, ort.createTensorAsOrtValue(allocator, dimensions, shape.length, onnxNumber("string"), result));
  const value = frame.takeResult();
  try {
    if (strings.length > 0) await fill(runtime, frame, value, strings);
  } catch (error) {
    ort.releaseValue(value);
    throw error;
  }
  return value;
}

/** All strings in one call, which stops at NUL; those that hold one are then set again, one by one. */
async function fill(
  { ort, c }: OrtRuntime,
  frame: CallFrame,
  value: bigint,
  strings: readonly Uint8Array[],
): Promise<void> {
  const table = 8 * strings.length;
  const total = strings.reduce((sum, text) => sum + text.byteLength + 1, table);
  // One buffer for the pointers and the zero-terminated strings behind them, so that both live as long.
  const block = new Uint8Array(new ArrayBuffer(total));
  frame.held.push(block);
  const pointers = new BigUint64Array(block.buffer, 0, strings.length);
  const base = addressOf(block);
  const withNul: number[] = [];
  let at = table;
  await inTurns(strings, (text, index) => {
    block.set(text, at);
    pointers[index] = base + BigInt(at);
    at += text.byteLength + 1;
    if (text.includes(0)) withNul.push(index);
  });
  const status = await new Promise<Address>((resolve, reject) => {
    const done = (error: unknown, result: Address): void => (error ? reject(error) : resolve(result));
    ort.fillStringTensor.async(value, pointers, pointers.length, done);
  });
  check(ort, status);
  await inTurns(withNul, (index) => {
    const text = strings[index] ?? new Uint8Array(0);
    check(ort, ort.getResizedStringTensorElementBuffer(value, index, text.byteLength, frame.result));
    c.memcpy(frame.takeResult(), text, text.byteLength);
  });
}

/** The `count` strings of an output, as views of one buffer. */
export async function takeStrings(
  { ort }: OrtRuntime,
  frame: CallFrame,
  output: bigint,
  count: number,
): Promise<Uint8Array[]> {
  if (count === 0) return [];
  check(ort, ort.getStringTensorDataLength(output, frame.result));
  const total = Number(frame.takeResult());
  const block = new Uint8Array(new ArrayBuffer(Math.max(total, 1)));
  const offsets = new BigUint64Array(new ArrayBuffer(8 * count));
  const status = await new Promise<Address>((resolve, reject) => {
    const done = (error: unknown, result: Address): void => (error ? reject(error) : resolve(result));
    ort.getStringTensorContent.async(output, block, total, offsets, count, done);
  });
  check(ort, status);
  const strings: Uint8Array[] = [];
  await inTurns(offsets, (offset, index) => {
    const end = index + 1 < count ? Number(offsets[index + 1]) : total;
    strings.push(block.subarray(Number(offset), end));
  });
  return strings;
}

/** Does something with each item, letting the event loop turn every now and then. */
async function inTurns<T>(items: ArrayLike<T>, act: (item: T, index: number) => void): Promise<void> {
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0 && index % STRINGS_A_TURN === 0) await nextTurn();
    act(items[index] as T, index); // the index is in range
  }
}
