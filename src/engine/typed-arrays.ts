// Tensors as JavaScript's arrays: which kind belongs to which dtype, and the way there and back without copying.
// Not here: which inputs a model has (load.ts).
import { type Problem, problem } from "../core/errors.ts";
import type { TensorSpec } from "../model/signature.ts";
import type { DType } from "../tensor/dtype.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { TensorValue } from "./engine.ts";

/**
 * The array that holds a tensor of each dtype. float16 and bfloat16 are bit patterns, bool is 0 or 1, complex numbers
 * are pairs (re, im), strings are text.
 */
export interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
  complex64: Float32Array;
  complex128: Float64Array;
  float8_e4m3fn: Uint8Array;
  float8_e5m2: Uint8Array;
  float8_e4m3fnuz: Uint8Array;
  float8_e5m2fnuz: Uint8Array;
  string: string[];
}

/** Any array that can hold a tensor. */
export type TensorData = ArrayOf[DType] | Uint8ClampedArray;

/** A tensor given to a model: the array alone where the model's shape leaves at most one size open, else with its shape. */
export type InputTensor = TensorData | { readonly data: TensorData; readonly shape: readonly number[] };

/** A tensor that a model gives: check `dtype` to know the kind of `data`. */
export type OutputTensor = {
  [Type in DType]: { readonly dtype: Type; readonly shape: readonly number[]; readonly data: ArrayOf[Type] };
}[DType];

type NumericArray = Exclude<TensorData, string[]>;

/** Constructors of the arrays; null is the array of strings. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
  complex64: Float32Array,
  complex128: Float64Array,
  float8_e4m3fn: Uint8Array,
  float8_e5m2: Uint8Array,
  float8_e4m3fnuz: Uint8Array,
  float8_e5m2fnuz: Uint8Array,
  string: null,
} as const satisfies Record<DType, (new (buffer: ArrayBuffer, at: number) => NumericArray) | null>;

/** The tensor that `given` is for the input `spec`, or why it cannot be one. The bytes are not copied. */
export function inputValue(model: string, spec: TensorSpec, given: InputTensor): TensorValue | Problem {
  const input = spec.key;
  const { dtype } = spec;
  if (!dtype) {
    const reason = `input '${input}' has TensorFlow's type ${spec.tensorflowDtype}, which has no array`;
    return problem("ENGINE_INPUT_REFUSED", { model, reason });
  }
  const [data, shape] = isArray(given) ? [given, undefined] : [given.data, given.shape];
  if (!fits(dtype, data)) {
    return problem("INPUT_ARRAY_KIND", {
      model,
      input,
      found: kindOf(data),
      dtype,
      wanted: arrayName(dtype),
    });
  }
  const found = shape ?? completeShape(spec.shape, itemCount(dtype, data));
  const wrong = typeof found === "string" ? found : refuseShape(spec.shape, found, itemCount(dtype, data));
  if (typeof found === "string" || wrong !== undefined) {
    return problem("INPUT_ARRAY_SHAPE", { model, input, reason: wrong ?? "", wanted: shapeText(spec.shape) });
  }
  return tensorValue(dtype, found, data);
}

/** The tensor as the array of its dtype, over the same bytes. */
export function outputTensor({ dtype, shape, data, strings }: TensorValue): OutputTensor {
  const make = ARRAYS[dtype];
  const buffer = data.buffer as ArrayBuffer; // the engine's outputs have no shared memory
  const array = make
    ? new make(buffer, data.byteOffset, data.byteLength / make.BYTES_PER_ELEMENT)
    : (strings ?? []).map((text) => new TextDecoder().decode(text));
  return { dtype, shape, data: array } as OutputTensor; // the table pairs them
}

function isArray(given: InputTensor): given is TensorData {
  return Array.isArray(given) || ArrayBuffer.isView(given);
}

function fits(dtype: DType, data: TensorData): boolean {
  const make = ARRAYS[dtype];
  if (make === null) return Array.isArray(data) && data.every((text) => typeof text === "string");
  return data instanceof make || (make === Uint8Array && data instanceof Uint8ClampedArray);
}

/** How many elements of the tensor the array holds; a complex one takes two numbers. */
function itemCount(dtype: DType, data: TensorData): number {
  return dtype.startsWith("complex") ? data.length / 2 : data.length;
}

function tensorValue(dtype: DType, shape: readonly number[], data: TensorData): TensorValue {
  if (Array.isArray(data)) {
    const encoder = new TextEncoder();
    return { dtype, shape, data: new Uint8Array(0), strings: data.map((text) => encoder.encode(text)) };
  }
  return { dtype, shape, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** The signature's shape with its one free size filled in, or why that cannot be done. */
function completeShape(wanted: TensorSpec["shape"], count: number): readonly number[] | string {
  if (!wanted) return "the model does not say how many dimensions there are: give { data, shape }";
  const free = wanted.filter((size) => size < 0).length;
  if (free === 0) return wanted;
  if (free > 1) return `${free} sizes are free: give { data, shape }`;
  const rest = elementCount(wanted.filter((size) => size >= 0));
  if (rest === 0 || count % rest !== 0) return `${count} elements are no multiple of ${rest}`;
  return wanted.map((size) => (size < 0 ? count / rest : size));
}

function refuseShape(
  wanted: TensorSpec["shape"],
  shape: readonly number[],
  count: number,
): string | undefined {
  if (elementCount(shape) !== count) return `${shapeText(shape)} has not ${count} elements`;
  const fits =
    !wanted ||
    (wanted.length === shape.length && wanted.every((size, axis) => size < 0 || size === shape[axis]));
  return fits ? undefined : `its shape is ${shapeText(shape)}`;
}

function arrayName(dtype: DType): string {
  return ARRAYS[dtype]?.name ?? "array of strings";
}

function kindOf(data: unknown): string {
  if (data === null || typeof data !== "object") return typeof data;
  return Array.isArray(data) ? `an array of ${typeof data[0]}` : `a ${data.constructor.name}`;
}

function shapeText(shape: TensorSpec["shape"]): string {
  return shape ? `(${shape.join(", ")})` : "any";
}
