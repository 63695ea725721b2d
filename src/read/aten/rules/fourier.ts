// Fourier transforms: of complex and real signals, forth and back, of one axis or several.
// Source: https://docs.pytorch.org/docs/stable/fft.html
// A Hermitian transform (hfft) is the real inverse of the conjugate; its inverse (ihfft) the conjugate of the real one.
import { isComplex } from "../../../tensor/dtype.ts";
import { normalAxis } from "../argument.ts";
import type { Call } from "../call.ts";
import { realDType } from "../call.ts";
import { asComplex, realPart } from "../complex-pair.ts";
import {
  conjugated,
  firstHalf,
  fixedSize,
  mirrored,
  type Norm,
  normFactor,
  resized,
  type Signal,
  scaled,
  transformed,
} from "../fourier.ts";
import type { Rule } from "../rule.ts";

const KINDS = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"] as const;
type Kind = (typeof KINDS)[number];

export const FOURIER: Rule = {
  targets: KINDS.flatMap((kind) => [
    `aten::fft_${kind}.default`,
    `aten::fft_${kind}2.default`,
    `aten::fft_${kind}n.default`,
  ]),
  complex: true,
  emit(call) {
    const kind = call.name.replace(/^fft_/, "").replace(/[2n]$/, "") as Kind; // the targets are made of the kinds
    const input = signalOf(call, "self");
    const axes = axesOf(call, input.shape.length);
    if (kind === "fft" && !call.has("n") && !call.has("s") && !call.has("norm"))
      // also of free sizes
      return axes.reduce((signal, axis) => transformed(call, signal, axis, false), input).value;
    const sizes = sizesOf(call, kind, input, axes);
    const norm = (call.has("norm") ? call.string("norm") : "backward") as Norm; // PyTorch knows these three
    return byKind(call, kind, input, axes, sizes, norm);
  },
};

function byKind(
  call: Call,
  kind: Kind,
  input: Signal,
  axes: readonly number[],
  sizes: readonly number[],
  norm: Norm,
) {
  const count = sizes.reduce((product, size) => product * size, 1);
  const last = axes.length - 1;
  const [lastAxis, lastSize] = [axes[last] ?? 0, sizes[last] ?? 1];
  const inverse = kind === "ifft" || kind === "irfft" || kind === "ihfft";
  const factor = normFactor(norm, inverse, count);
  if (kind === "irfft" || kind === "hfft") {
    let signal = kind === "hfft" ? conjugated(call, input) : input;
    for (const [at, axis] of axes.slice(0, last).entries())
      signal = transformed(call, resized(call, signal, axis, sizes[at] ?? 1), axis, true);
    signal = transformed(call, mirrored(call, signal, lastAxis, lastSize), lastAxis, true);
    return scaled(call, realPart(call, signal.value), factor, input.dtype);
  }
  let signal = axes.reduce(
    (now, axis, at) => transformed(call, resized(call, now, axis, sizes[at] ?? 1), axis, kind === "ifft"),
    input,
  );
  if (kind === "rfft" || kind === "ihfft") signal = firstHalf(call, signal, lastAxis);
  if (kind === "ihfft") signal = conjugated(call, signal);
  return scaled(call, signal.value, factor, input.dtype);
}

function signalOf(call: Call, name: string): Signal {
  const { dtype, shape } = call.type(name);
  if (isComplex(dtype)) return { value: call.tensor(name), shape, dtype: realDType(dtype) };
  const real = dtype === "float64" ? "float64" : "float32";
  return { value: asComplex(call, call.as(name, real), real), shape, dtype: real };
}

function axesOf(call: Call, rank: number): number[] {
  if (call.has("dim")) return call.ints("dim").map((axis) => normalAxis(axis, rank));
  const all = [...new Array<number>(rank).keys()];
  return call.has("s") ? all.slice(-call.ints("s").length) : all;
}

/** Sizes of the signal that is transformed; for the real inverses, of the result. */
function sizesOf(call: Call, kind: Kind, input: Signal, axes: readonly number[]): number[] {
  const given = call.has("n") ? [call.int("n")] : call.has("s") ? call.ints("s") : [];
  return axes.map((axis, at) => {
    const size = given[at];
    if (size !== undefined && size >= 0) return size;
    const own = fixedSize(input.shape[axis]);
    const isHalf = (kind === "irfft" || kind === "hfft") && at === axes.length - 1;
    return isHalf ? 2 * (own - 1) : own;
  });
}

const CORE_NORMS = (code: number, count: number) =>
  code === 0 ? 1 : code === 1 ? 1 / Math.sqrt(count) : 1 / count;

/** The forms of decomposed programs; normalization 0 none, 1 by the root of n, 2 by n. */
export const CORE_FOURIER: Rule = {
  targets: ["aten::_fft_c2c.default", "aten::_fft_r2c.default", "aten::_fft_c2r.default"],
  complex: true,
  emit(call) {
    const input = signalOf(call, "self");
    const axes = call.ints("dim").map((axis) => normalAxis(axis, input.shape.length));
    const last = axes.at(-1) ?? 0;
    if (call.name === "_fft_c2r") {
      const size = call.int("last_dim_size");
      let signal = axes.slice(0, -1).reduce((now, axis) => transformed(call, now, axis, true), input);
      signal = transformed(call, mirrored(call, signal, last, size), last, true);
      return scaled(
        call,
        realPart(call, signal.value),
        CORE_NORMS(call.int("normalization"), count(axes, signal)),
        input.dtype,
      );
    }
    const back = call.name === "_fft_c2c" && !call.bool("forward");
    const factor = CORE_NORMS(call.int("normalization"), count(axes, input));
    let signal = axes.reduce((now, axis) => transformed(call, now, axis, back), input);
    if (call.name === "_fft_r2c" && call.bool("onesided")) signal = firstHalf(call, signal, last);
    return scaled(call, signal.value, factor, input.dtype);
  },
};

function count(axes: readonly number[], signal: Signal): number {
  return axes.reduce((product, axis) => product * fixedSize(signal.shape[axis]), 1);
}

/** Frequency 0 moves to the middle, or back. */
export const FREQUENCY_SHIFT: Rule = {
  targets: ["aten::fft_fftshift.default", "aten::fft_ifftshift.default"],
  complex: true,
  emit(call) {
    const shape = call.shape("self");
    return axesOf(call, shape.length).reduce((x, axis) => {
      const size = fixedSize(shape[axis]);
      const shift = call.name === "fft_fftshift" ? Math.floor(size / 2) : Math.ceil(size / 2);
      if (shift % Math.max(1, size) === 0) return x;
      return call.op(
        "Concat",
        [call.slice(x, axis, size - shift, size), call.slice(x, axis, 0, size - shift)],
        { axis: { kind: "int", value: axis } },
      );
    }, call.tensor("self"));
  },
};
