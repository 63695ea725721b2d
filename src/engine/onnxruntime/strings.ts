// String tensors in and out. onnxruntime owns their memory, so strings are copied both ways.
// Invariant: strings are bytes; NUL may stand in them.
// Not here: other tensors (values.ts).
import { onnxNumber } from "../../bytes/protobuf/onnx-dtypes.ts";
import type { CallFrame } from "./call-frame.ts";
import { addressOf } from "./foreign-functions.ts";
import { check, type OrtRuntime } from "./runtime.ts";

/** An OrtValue with copies of `strings`. */
export function makeStrings(
  runtime: OrtRuntime,
  frame: CallFrame,
  shape: readonly number[],
  strings: readonly Uint8Array[],
): bigint {
  const { ort, allocator } = runtime;
  frame.setDimensions(shape);
  check(
    ort,
    ort.createTensorAsOrtValue(allocator, frame.dimensions, shape.length, onnxNumber("string"), frame.result),
  );
  const value = frame.takeResult();
  try {
    fill(runtime, frame, value, strings);
  } catch (error) {
    ort.releaseValue(value);
    throw error;
  }
  return value;
}

/** All strings in one call, which stops at NUL; those that hold one are then set again, one by one. */
function fill(runtime: OrtRuntime, frame: CallFrame, value: bigint, strings: readonly Uint8Array[]): void {
  if (strings.length === 0) return;
  const { ort, c } = runtime;
  const table = 8 * strings.length;
  const total = strings.reduce((sum, text) => sum + text.byteLength + 1, table);
  // One buffer for the pointers and the zero-terminated strings behind them, so that both live as long.
  const block = new Uint8Array(new ArrayBuffer(total));
  const pointers = new BigUint64Array(block.buffer, 0, strings.length);
  const base = addressOf(block);
  let at = table;
  for (const [index, text] of strings.entries()) {
    block.set(text, at);
    pointers[index] = base + BigInt(at);
    at += text.byteLength + 1;
  }
  check(ort, ort.fillStringTensor(value, pointers, strings.length));
  for (const [index, text] of strings.entries()) {
    if (!text.includes(0)) continue;
    check(ort, ort.getResizedStringTensorElementBuffer(value, index, text.byteLength, frame.result));
    c.memcpy(frame.takeResult(), text, text.byteLength);
  }
}

/** The `count` strings of an output, as views of one buffer. */
export function takeStrings(
  { ort }: OrtRuntime,
  frame: CallFrame,
  output: bigint,
  count: number,
): Uint8Array[] {
  if (count === 0) return [];
  check(ort, ort.getStringTensorDataLength(output, frame.result));
  const total = Number(frame.takeResult());
  const block = new Uint8Array(new ArrayBuffer(Math.max(total, 1)));
  const offsets = new BigUint64Array(new ArrayBuffer(8 * count));
  check(ort, ort.getStringTensorContent(output, block, total, offsets, count));
  return Array.from({ length: count }, (_, index) => {
    const end = index + 1 < count ? Number(offsets[index + 1]) : total;
    return block.subarray(Number(offsets[index]), end);
  });
}
