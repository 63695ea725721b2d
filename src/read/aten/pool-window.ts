// Windows of pooling operators, with PyTorch's rule for ceil_mode.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
import type { Dim } from "../../graph/dim.ts";
import type { Facts } from "./argument.ts";

export interface PoolWindow {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  /** How far the last windows reach beyond the padded input; empty where a size is symbolic and ONNX's ceil_mode must do. */
  readonly overhang: readonly number[] | undefined;
}

/** The window of a call over `count` spatial axes; `sizes` are the input's. */
export function poolWindow(call: Facts, count: number, sizes: readonly Dim[]): PoolWindow {
  const kernel = call.spread("kernel_size", count);
  const stride = call.dims("stride").length === 0 ? kernel : call.spread("stride", count);
  const dilation = call.has("dilation") ? call.spread("dilation", count) : kernel.map(() => 1);
  const padding = call.spread("padding", count);
  const window = { kernel, stride, dilation, padding };
  if (!call.bool("ceil_mode")) return { ...window, overhang: kernel.map(() => 0) };
  if (sizes.some((size) => typeof size !== "number")) return { ...window, overhang: undefined };
  const overhang = sizes.map((size, axis) =>
    overhangOf(Number(size), kernel[axis] ?? 1, stride[axis] ?? 1, dilation[axis] ?? 1, padding[axis] ?? 0),
  );
  return { ...window, overhang };
}

/** The number of windows is rounded up, but one that would begin in the padding at the end is dropped. */
function overhangOf(size: number, kernel: number, stride: number, dilation: number, padding: number): number {
  const reach = dilation * (kernel - 1) + 1;
  let count = Math.ceil((size + 2 * padding - reach) / stride) + 1;
  if ((count - 1) * stride >= size + padding) count -= 1;
  return Math.max(0, (count - 1) * stride + reach - (size + 2 * padding));
}
