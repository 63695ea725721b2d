// The window of a convolution or pooling: kernel, strides, dilations and pads per spatial axis, with ONNX's ways to
// state them (auto_pad, ceil_mode) worked out. Source: https://onnx.ai/onnx/operators/onnx__Conv.html, __MaxPool.html
// Formulas: extent = (k - 1) d + 1; out = floor((D + p + q - extent) / s) + 1.
import type { Dim } from "../../graph/dim.ts";
import type { NodeFacts } from "./node-facts.ts";

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
  /** Further cells after the end, which ceil_mode adds to complete the last window. They count as nothing. */
  readonly extra: readonly number[];
}

/** The window over the spatial axes of the first input, or why it cannot be told. */
export function windowOf(facts: NodeFacts, kernel: readonly number[]): Window | string {
  const spatial = facts.shape(0).slice(2);
  const ones = kernel.map(() => 1);
  const strides = facts.ints("strides") ?? ones;
  const dilations = facts.ints("dilations") ?? ones;
  const extents = kernel.map((size, axis) => (size - 1) * (dilations[axis] as number) + 1);
  const padded = pads(facts, spatial, extents, strides);
  if (typeof padded === "string") return padded;
  const { begin, end } = padded;
  const extra = facts.int("ceil_mode", 0)
    ? spatial.map((size, axis) =>
        extraAfter(size, begin[axis] ?? 0, end[axis] ?? 0, extents[axis] ?? 1, strides[axis] ?? 1),
      )
    : kernel.map(() => 0);
  if (extra.includes(undefined)) return "ceil_mode with a stride beyond its window needs a fixed image size";
  return { kernel, strides, dilations, begin, end, extra: extra as number[] }; // none is undefined here
}

function pads(
  facts: NodeFacts,
  spatial: readonly Dim[],
  extents: readonly number[],
  strides: readonly number[],
): { begin: number[]; end: number[] } | string {
  const rank = extents.length;
  const auto = facts.string("auto_pad", "NOTSET");
  const given = facts.ints("pads");
  if (auto === "VALID" || (auto === "NOTSET" && !given)) {
    return { begin: extents.map(() => 0), end: extents.map(() => 0) };
  }
  if (auto === "NOTSET" && given) return { begin: given.slice(0, rank), end: given.slice(rank) };
  const begin: number[] = [];
  const end: number[] = [];
  for (const [axis, extent] of extents.entries()) {
    const size = spatial[axis];
    const stride = strides[axis] as number;
    // With stride 1 the pads do not depend on the size.
    if (typeof size !== "number" && stride !== 1)
      return `auto_pad ${auto} with a stride needs a fixed image size`;
    const total =
      typeof size === "number"
        ? Math.max((Math.ceil(size / stride) - 1) * stride + extent - size, 0)
        : extent - 1;
    const before = auto === "SAME_LOWER" ? Math.ceil(total / 2) : Math.floor(total / 2);
    begin.push(before);
    end.push(total - before);
  }
  return { begin, end };
}

/** Cells that complete the last window; a window that would begin in them or in the end pad is left out. */
function extraAfter(
  size: Dim,
  begin: number,
  end: number,
  extent: number,
  stride: number,
): number | undefined {
  if (typeof size !== "number") return extent >= end + stride ? stride - 1 : undefined;
  let windows = Math.ceil((size + begin + end - extent) / stride) + 1;
  if ((windows - 1) * stride >= size + begin) windows -= 1;
  return Math.max(0, (windows - 1) * stride + extent - (size + begin + end));
}

/** Whether nothing is padded. */
export function isUnpadded(window: Window): boolean {
  return [...window.begin, ...window.end, ...window.extra].every((pad) => pad === 0);
}

/** Whether the pads are those that TensorFlow's SAME makes: as many cells as out = ceil(D / s) needs, the odd one last. */
export function isSame(window: Window, sizes: readonly Dim[]): boolean {
  return window.kernel.every((kernel, axis) => {
    const size = sizes[axis];
    const stride = window.strides[axis] as number;
    if (typeof size !== "number" && stride !== 1) return false;
    const extent = (kernel - 1) * (window.dilations[axis] ?? 1) + 1;
    const last =
      typeof size === "number" ? (Math.ceil(size / stride) - 1) * stride + extent - size : extent - 1;
    const total = Math.max(0, last);
    return window.begin[axis] === Math.floor(total / 2) && window.end[axis] === total - Math.floor(total / 2);
  });
}

/** A window with an axis of size 1 in front, as a one-dimensional one becomes two-dimensional. */
export function deepened(window: Window): Window {
  const [stride = 1] = window.strides; // kernels for depthwise convolutions want equal strides
  return {
    kernel: [1, ...window.kernel],
    strides: [stride, ...window.strides],
    dilations: [1, ...window.dilations],
    begin: [0, ...window.begin],
    end: [0, ...window.end],
    extra: [0, ...window.extra],
  };
}
