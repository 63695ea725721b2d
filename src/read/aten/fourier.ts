// Discrete Fourier transforms along axes of complex tensors.
// Source: https://onnx.ai/onnx/operators/onnx__DFT.html; PyTorch's `norm`: backward (on the inverse), ortho, forward.
import { int } from "../../graph/attribute.ts";
import type { Dim } from "../../graph/dim.ts";
import type { Value } from "../../graph/graph.ts";
import type { DType } from "../../tensor/dtype.ts";
import { Refusal } from "./argument.ts";
import type { Call } from "./call.ts";
import { conjugate } from "./complex-pair.ts";

export type Norm = "backward" | "ortho" | "forward";

/** A complex tensor on its way: the shape is without the last axis of 2. */
export interface Signal {
  readonly value: Value;
  readonly shape: readonly Dim[];
  /** Of the parts: float32 or float64. */
  readonly dtype: DType;
}

export function fixedSize(size: Dim | undefined): number {
  if (typeof size !== "number") throw new Refusal(`it transforms ${size} elements; a fixed number is wanted`);
  return size;
}

/** One axis cut or filled with zeros to a size. */
export function resized(call: Call, signal: Signal, axis: number, size: number): Signal {
  const now = fixedSize(signal.shape[axis]);
  const shape = signal.shape.map((dim, at) => (at === axis ? size : dim));
  if (now === size) return signal;
  if (now > size) return { ...signal, value: call.slice(signal.value, axis, 0, size), shape };
  const ends = [...signal.shape.map((_, at) => (at === axis ? size - now : 0)), 0];
  const value = call.op("Pad", [signal.value, call.builder.int64s([...ends.map(() => 0), ...ends])]);
  return { ...signal, value, shape };
}

/** The transform along one axis without any factor. */
export function transformed(call: Call, signal: Signal, axis: number, inverse: boolean): Signal {
  if (signal.dtype === "float64") return byMatrix(call, signal, axis, fixedSize(signal.shape[axis]), inverse);
  const input = call.unsqueeze(signal.value, 0);
  const output = call.op(
    "DFT",
    [input, undefined, call.builder.int64(axis + 1)],
    inverse ? { inverse: int(1) } : {},
  );
  const value = call.squeeze(output, 0);
  // ONNX divides by the size on the way back.
  return {
    ...signal,
    value: inverse ? scaled(call, value, fixedSize(signal.shape[axis]), signal.dtype) : value,
  };
}

/** Longest float64 transform, in elements: the matrix has four times its square. */
const MAX_MATRIX = 512;

/** ONNX Runtime's transform of float64 is only good to float32, so it is a product: (re, im) rows times cosines and sines. */
function byMatrix(call: Call, signal: Signal, axis: number, size: number, inverse: boolean): Signal {
  if (size > MAX_MATRIX)
    throw new Refusal(`it transforms ${size} elements of float64, more than ${MAX_MATRIX}`);
  const matrix = new Float64Array(4 * size * size);
  const sign = inverse ? 1 : -1;
  for (let from = 0; from < size; from += 1) {
    for (let to = 0; to < size; to += 1) {
      const angle = (sign * 2 * Math.PI * ((from * to) % size)) / size;
      const at = 4 * size * from + 2 * to;
      matrix[at] = Math.cos(angle);
      matrix[at + 1] = Math.sin(angle);
      matrix[at + 2 * size] = -Math.sin(angle);
      matrix[at + 2 * size + 1] = Math.cos(angle);
    }
  }
  const rank = signal.shape.length;
  const rest = [...signal.shape.keys()].filter((at) => at !== axis);
  const perm = [...rest, axis, rank];
  const turned = perm.map((at) => (at === rank ? 2 : (signal.shape[at] as Dim)));
  const lead = turned.slice(0, -2);
  const rows = call.reshape(call.transpose(signal.value, perm), turned, [...lead, 2 * size]);
  const product = call.op("MatMul", [rows, call.table("float64", [2 * size, 2 * size], matrix)]);
  const apart = call.reshape(product, [...lead, 2 * size], turned);
  const value = call.transpose(
    apart,
    perm.map((_, at) => perm.indexOf(at)),
  );
  return { ...signal, value };
}

export function scaled(call: Call, value: Value, factor: number, dtype: DType): Value {
  return factor === 1 ? value : call.op("Mul", [value, call.number(factor, dtype)]);
}

/** What PyTorch multiplies a transform of `size` elements by. */
export function normFactor(norm: Norm, inverse: boolean, size: number): number {
  if (norm === "ortho") return 1 / Math.sqrt(size);
  return (norm === "backward") === inverse ? 1 / size : 1;
}

/** The first half of an axis: the rest of a real signal's spectrum mirrors it. */
export function firstHalf(call: Call, signal: Signal, axis: number): Signal {
  return resized(call, signal, axis, Math.floor(fixedSize(signal.shape[axis]) / 2) + 1);
}

/** A whole spectrum of `size` from its first half: element k is the conjugate of element size - k. */
export function mirrored(call: Call, signal: Signal, axis: number, size: number): Signal {
  const half = resized(call, signal, axis, Math.floor(size / 2) + 1);
  const rest = size - (Math.floor(size / 2) + 1);
  const shape = half.shape.map((dim, at) => (at === axis ? size : dim));
  if (rest === 0) return { ...half, shape };
  const places = Array.from({ length: rest }, (_, index) => rest - index);
  const tail = call.op("Gather", [half.value, call.builder.int64s(places)], { axis: int(axis) });
  const value = call.op("Concat", [half.value, conjugate(call, tail, signal.dtype)], { axis: int(axis) });
  return { ...half, value, shape };
}

/** A real transform's spectrum of several axes mirrors in all of them at once; only its own conjugate is at hand here. */
export function conjugated(call: Call, signal: Signal): Signal {
  return { ...signal, value: conjugate(call, signal.value, signal.dtype) };
}
