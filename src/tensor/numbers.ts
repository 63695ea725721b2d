// Elements of tensors as doubles, and back: for small constants and for the arithmetic of folding.
// Exact for every real dtype but int64 and uint64 beyond 2^53, which become the nearest double.
// Not here: moving elements without looking at them (gather-strided.ts, transpose.ts).
import { BYTES_PER_ELEMENT, type DType } from "./dtype.ts";
import { elementCount, type Tensor, tensorFromBytes } from "./tensor.ts";

interface Codec {
  get(view: DataView, at: number): number;
  set(view: DataView, at: number, value: number): void;
}

const CODECS: Readonly<Partial<Record<DType, Codec>>> = {
  float32: {
    get: (view, at) => view.getFloat32(at, true),
    set: (view, at, x) => view.setFloat32(at, x, true),
  },
  float64: {
    get: (view, at) => view.getFloat64(at, true),
    set: (view, at, x) => view.setFloat64(at, x, true),
  },
  float16: {
    get: (view, at) => fromHalf(view.getUint16(at, true)),
    set: (view, at, x) => view.setUint16(at, toHalf(x), true),
  },
  bfloat16: {
    get: (view, at) => fromBits(view.getUint16(at, true) << 16),
    set: (view, at, x) => view.setUint16(at, toBfloat16(x), true),
  },
  int8: { get: (view, at) => view.getInt8(at), set: (view, at, x) => view.setInt8(at, x) },
  int16: { get: (view, at) => view.getInt16(at, true), set: (view, at, x) => view.setInt16(at, x, true) },
  int32: { get: (view, at) => view.getInt32(at, true), set: (view, at, x) => view.setInt32(at, x, true) },
  int64: {
    get: (view, at) => Number(view.getBigInt64(at, true)),
    set: (view, at, x) => view.setBigInt64(at, clamp(x, -(2n ** 63n), 2n ** 63n - 1n), true),
  },
  uint8: { get: (view, at) => view.getUint8(at), set: (view, at, x) => view.setUint8(at, x) },
  uint16: { get: (view, at) => view.getUint16(at, true), set: (view, at, x) => view.setUint16(at, x, true) },
  uint32: { get: (view, at) => view.getUint32(at, true), set: (view, at, x) => view.setUint32(at, x, true) },
  uint64: {
    get: (view, at) => Number(view.getBigUint64(at, true)),
    set: (view, at, x) => view.setBigUint64(at, clamp(x, 0n, 2n ** 64n - 1n), true),
  },
  bool: { get: (view, at) => view.getUint8(at), set: (view, at, x) => view.setUint8(at, x === 0 ? 0 : 1) },
};

/** Whether elements of this type can be read as numbers; not so complex numbers, strings and 8-bit floats. */
export function hasNumbers(dtype: DType): boolean {
  return CODECS[dtype] !== undefined;
}

/** The elements in row-major order. Throws a TypeError for a dtype without numbers. */
export function numbersOf(tensor: Tensor): number[] {
  const codec = codecOf(tensor.dtype);
  const bytes = tensor.read();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = BYTES_PER_ELEMENT[tensor.dtype];
  const numbers = new Array<number>(elementCount(tensor.shape));
  for (let index = 0; index < numbers.length; index++) numbers[index] = codec.get(view, index * width);
  return numbers;
}

/** Bytes of the numbers rounded to the dtype (to nearest, ties to even; integers beyond int64 clamp). */
export function bytesOfNumbers(dtype: DType, numbers: ArrayLike<number>): Uint8Array {
  const codec = codecOf(dtype);
  const width = BYTES_PER_ELEMENT[dtype];
  const bytes = new Uint8Array(numbers.length * width);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < numbers.length; index++) codec.set(view, index * width, numbers[index] ?? 0);
  return bytes;
}

export function tensorOfNumbers(dtype: DType, shape: readonly number[], numbers: ArrayLike<number>): Tensor {
  return tensorFromBytes(dtype, shape, bytesOfNumbers(dtype, numbers));
}

function codecOf(dtype: DType): Codec {
  const codec = CODECS[dtype];
  if (!codec) throw new TypeError(`${dtype} has no plain numbers`);
  return codec;
}

function clamp(value: number, low: bigint, high: bigint): bigint {
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : value > 0 ? high : low;
  return whole < low ? low : whole > high ? high : whole;
}

const scratch = new DataView(new ArrayBuffer(4));

function fromBits(bits: number): number {
  scratch.setUint32(0, bits >>> 0);
  return scratch.getFloat32(0);
}

function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00; // half way to 2^16 rounds to infinity
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24); // a carry gives the smallest normal number
  const exponent = Math.floor(Math.log2(size));
  const exact = size < 2 ** exponent ? exponent - 1 : exponent; // log2 may round up
  return sign | (((exact + 14) << 10) + roundEven(size * 2 ** (10 - exact)));
}

function toBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function roundEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}
