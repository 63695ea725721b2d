// Tensors in and out: a TensorValue's bytes become an OrtValue where they lie, an output's bytes are copied once.
// Invariant: whoever makes an OrtValue from bytes keeps the bytes alive until the value is released.
// Not here: strings (strings.ts), which onnxruntime always owns.

import { BYTES_PER_ELEMENT, type DType } from "../../tensor/dtype.ts";
import { ONNX_DTYPES, onnxNumber } from "../../tensor/onnx-dtypes.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { TensorValue } from "../engine.ts";
import { type CallFrame, MAX_RANK } from "./call-frame.ts";
import type { OrtRuntime } from "./runtime.ts";
import { check } from "./runtime.ts";

/**
 * Up to here bytes are copied on the event loop (measured: 35 us with the memory's first touch); above, on a thread,
 * which costs some 30 us of waiting.
 */
export const COPY_ON_LOOP_BYTES = 128 * 1024;

/** Why a value cannot be given to onnxruntime, or undefined if it can. */
export function refuseInput(name: string, value: TensorValue): string | undefined {
  const { dtype, shape } = value;
  if (shape.length > MAX_RANK)
    return `'${name}' has ${shape.length} dimensions, at most ${MAX_RANK} are possible`;
  const broken = shape.find((size) => !Number.isSafeInteger(size) || size < 0);
  if (broken !== undefined) return `'${name}' has a dimension of size ${broken}`;
  const count = elementCount(shape);
  if (dtype === "string") {
    const given = value.strings?.length ?? 0;
    return given === count ? undefined : `'${name}' has ${given} strings, its shape wants ${count}`;
  }
  const wanted = count * BYTES_PER_ELEMENT[dtype];
  const given = value.data.byteLength;
  return given === wanted
    ? undefined
    : `'${name}' has ${given} bytes, ${dtype}[${shape.join(",")}] wants ${wanted}`;
}

/** Whether kernels may read the bytes where they lie. */
export function isAligned(value: TensorValue): boolean {
  const width = BYTES_PER_ELEMENT[value.dtype];
  return width <= 1 || value.data.byteOffset % Math.min(width, 8) === 0;
}

/** An OrtValue over `bytes`, which the frame holds until it is cleared. */
export function makeTensor(
  runtime: OrtRuntime,
  frame: CallFrame,
  value: TensorValue,
  bytes: Uint8Array,
): bigint {
  const { ort, memory } = runtime;
  frame.setDimensions(value.shape);
  frame.held.push(bytes);
  const data = bytes.byteLength === 0 ? frame.result : bytes; // an empty tensor's address is not looked at
  check(
    ort,
    ort.createTensorWithDataAsOrtValue(
      memory,
      data,
      bytes.byteLength,
      frame.dimensions,
      value.shape.length,
      onnxNumber(value.dtype),
      frame.result,
    ),
  );
  return frame.takeResult();
}

/** Room for the output's bytes, and where they still lie; 0 if there are none. */
export function makeRoom(
  { ort }: OrtRuntime,
  frame: CallFrame,
  output: bigint,
  dtype: DType,
  shape: readonly number[],
): { readonly value: TensorValue; readonly from: bigint } {
  const data = newBytes(elementCount(shape) * BYTES_PER_ELEMENT[dtype]);
  if (data.byteLength === 0) return { value: { dtype, shape, data }, from: 0n };
  check(ort, ort.getTensorMutableData(output, frame.result));
  return { value: { dtype, shape, data }, from: frame.takeResult() };
}

/** An output's element type and shape. Throws for sequences and for types that have no name here. */
export function typeOf(
  { ort }: OrtRuntime,
  frame: CallFrame,
  output: bigint,
): { readonly dtype: DType; readonly shape: number[] } {
  check(ort, ort.getTensorTypeAndShape(output, frame.result));
  const info = frame.takeResult();
  try {
    check(ort, ort.getTensorElementType(info, frame.result));
    const number = frame.takeInt();
    check(ort, ort.getDimensionsCount(info, frame.result));
    const rank = Number(frame.takeResult());
    const dtype = ONNX_DTYPES.get(number);
    if (!dtype) throw new Error(`it gave a tensor of element type ${number}, which has no name here`);
    if (rank > MAX_RANK) throw new Error(`it gave a tensor of ${rank} dimensions`);
    check(ort, ort.getDimensions(info, frame.dimensions, rank));
    return { dtype, shape: frame.getDimensions(rank) };
  } finally {
    ort.releaseTensorTypeAndShapeInfo(info);
  }
}

/** Fresh bytes at an aligned address, not cleared if they are many. */
export function newBytes(byteLength: number): Uint8Array {
  if (byteLength <= COPY_ON_LOOP_BYTES) return new Uint8Array(byteLength);
  return new Uint8Array(Buffer.allocUnsafeSlow(byteLength).buffer);
}

/** Copies here and now. */
export function copyNow({ c }: OrtRuntime, to: Uint8Array, from: bigint): void {
  if (to.byteLength > 0) c.memcpy(to, from, to.byteLength);
}

/** Copies on a thread. */
export function copyOffLoop({ c }: OrtRuntime, to: Uint8Array, from: Uint8Array | bigint): Promise<void> {
  return new Promise((resolve, reject) => {
    const held: unknown[] = [to, from]; // by the callback, until the copy is done
    c.memcpy.async(to, from, to.byteLength, (error) => {
      held.length = 0;
      if (error) reject(error);
      else resolve();
    });
  });
}
