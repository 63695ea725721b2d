// Tensors in and out: a TensorValue's bytes become an OrtValue where they lie, an output's bytes are copied once.
// Invariant: whoever makes an OrtValue from bytes keeps the bytes alive until the value is released.
// Not here: strings (strings.ts), which onnxruntime always owns.

import { BYTES_PER_ELEMENT, type DType } from "../../tensor/dtype.ts";
import { ONNX_DTYPES, onnxNumber } from "../../tensor/onnx-dtypes.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { TensorValue } from "../engine.ts";
import { newBytes } from "../native/bytes.ts";
import { MAX_RANK } from "../native/refuse-input.ts";
import type { CallFrame } from "./call-frame.ts";
import type { OrtRuntime } from "./runtime.ts";
import { check } from "./runtime.ts";

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
  runtime: OrtRuntime,
  frame: CallFrame,
  output: bigint,
): { readonly dtype: DType; readonly shape: number[] } {
  const { ort } = runtime;
  check(ort, ort.getTensorTypeAndShape(output, frame.result));
  const info = frame.takeResult();
  try {
    const { number, shape } = readTensorType(runtime, frame, info);
    const dtype = ONNX_DTYPES.get(number);
    if (!dtype) throw new Error(`it gave a tensor of element type ${number}, which has no name here`);
    return { dtype, shape };
  } finally {
    ort.releaseTensorTypeAndShapeInfo(info);
  }
}

/** ONNX's number of the element type, and the sizes, of an OrtTensorTypeAndShapeInfo. */
export function readTensorType(
  { ort }: OrtRuntime,
  frame: CallFrame,
  info: bigint,
): { readonly number: number; readonly shape: number[] } {
  check(ort, ort.getTensorElementType(info, frame.result));
  const number = frame.takeInt();
  check(ort, ort.getDimensionsCount(info, frame.result));
  const rank = Number(frame.takeResult());
  if (rank > MAX_RANK) throw new Error(`it has a tensor of ${rank} dimensions`);
  check(ort, ort.getDimensions(info, frame.dimensions, rank));
  return { number, shape: frame.getDimensions(rank) };
}
