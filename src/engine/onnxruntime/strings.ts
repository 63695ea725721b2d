// String tensors in and out. onnxruntime owns their memory, so strings are copied both ways; on threads where that
// can be, and never many in one turn of the event loop.
// Invariant: strings are bytes; NUL may stand in them.
// Not here: other tensors (values.ts).
import { onnxNumber } from "../../tensor/onnx-dtypes.ts";
import { copyNow } from "../native/bytes.ts";
import { onThread } from "../native/c-function.ts";
import { addressOf } from "../native/foreign-functions.ts";
import { inTurns } from "../native/in-turns.ts";
import type { CallFrame } from "./call-frame.ts";
import { check, type OrtRuntime } from "./runtime.ts";

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
  { ort }: OrtRuntime,
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
  check(ort, await onThread(ort.fillStringTensor, value, pointers, pointers.length));
  await inTurns(withNul, (index) => {
    const text = strings[index] ?? new Uint8Array(0);
    check(ort, ort.getResizedStringTensorElementBuffer(value, index, text.byteLength, frame.result));
    copyNow(frame.takeResult(), text, text.byteLength);
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
  check(ort, await onThread(ort.getStringTensorContent, output, block, total, offsets, count));
  const strings: Uint8Array[] = [];
  await inTurns(offsets, (offset, index) => {
    const end = index + 1 < count ? Number(offsets[index + 1]) : total;
    strings.push(block.subarray(Number(offset), end));
  });
  return strings;
}
