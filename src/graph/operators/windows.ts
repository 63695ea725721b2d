// Sizes of what slides over spatial axes: convolutions and poolings.
// Source: https://onnx.ai/onnx/operators/onnx__Conv.html, onnx__AveragePool.html
import { addDims, ceilDivDims, type Dim, floorDivDims, mulDims, subDims } from "../dim.ts";
import type { InferContext } from "./definition.ts";

/** What a window does along one axis. */
export interface Window {
  readonly kernel: Dim;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
  readonly padEnd: number;
}

/** Windows of the node's attributes, one a spatial axis. */
export function windowsOf(context: InferContext, kernel: readonly Dim[]): Window[] {
  const strides = context.ints("strides");
  const dilations = context.ints("dilations");
  const pads = context.ints("pads");
  return kernel.map((size, axis) => ({
    kernel: size,
    stride: strides?.[axis] ?? 1,
    dilation: dilations?.[axis] ?? 1,
    padBegin: pads?.[axis] ?? 0,
    padEnd: pads?.[axis + kernel.length] ?? 0,
  }));
}

/** (kernel - 1) * dilation + 1 */
function extent(window: Window): Dim {
  return addDims(mulDims(subDims(window.kernel, 1), window.dilation), 1);
}

/** Size after a convolution or pooling of `size`. */
export function slidSize(size: Dim, window: Window, autoPad: string, ceilMode = false): Dim {
  if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") return ceilDivDims(size, window.stride);
  const pads = autoPad === "VALID" ? 0 : window.padBegin + window.padEnd;
  const span = subDims(addDims(size, pads), extent(window));
  if (!ceilMode) return addDims(floorDivDims(span, window.stride), 1);
  const count = addDims(ceilDivDims(span, window.stride), 1);
  // A window that would begin beyond the input and its first padding is left out.
  if (typeof count !== "number" || typeof size !== "number") return count;
  return (count - 1) * window.stride >= size + window.padBegin ? count - 1 : count;
}

/** Size after a transposed convolution of `size`. */
export function unslidSize(size: Dim, window: Window, autoPad: string, outputPadding: number): Dim {
  if (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER") return mulDims(size, window.stride);
  const pads = autoPad === "VALID" ? 0 : window.padBegin + window.padEnd;
  const full = addDims(mulDims(subDims(size, 1), window.stride), extent(window));
  return addDims(full, outputPadding - pads);
}
