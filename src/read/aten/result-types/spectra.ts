// Results of Fourier transforms: complex of the input's precision, or real where a spectrum is taken back.
import { addDims, type Dim, floorDivDims, mulDims, subDims } from "../../../graph/dim.ts";
import { type DType, isComplex } from "../../../tensor/dtype.ts";
import { type Facts, normalAxis, Refusal } from "../argument.ts";
import { forEach, type Infer, type InferTable, replaced, typed } from "./infer.ts";

function complexOf(dtype: DType): DType {
  return dtype === "float64" || dtype === "complex128" ? "complex128" : "complex64";
}

function realOf(dtype: DType): DType {
  return complexOf(dtype) === "complex128" ? "float64" : "float32";
}

/** The axes that are transformed with the sizes that are asked for; undefined where the input's own stands. */
function transformedAxes(call: Facts, rank: number): (readonly [axis: number, size: Dim | undefined])[] {
  const sizes = call.has("n") ? [call.dim("n")] : call.has("s") ? call.dims("s") : [];
  const all = [...new Array<number>(rank).keys()];
  const single = () => [normalAxis(call.has("dim") ? call.int("dim") : -1, rank)];
  const several = () => (call.has("dim") ? call.ints("dim").map((axis) => normalAxis(axis, rank)) : all);
  const axes = /n$|2$/.test(call.name) ? several() : single();
  const chosen = call.has("s") && !call.has("dim") ? axes.slice(-sizes.length) : axes;
  return chosen.map((axis, at) => [axis, sizes[at] === -1 ? undefined : sizes[at]]);
}

/** `last` gives the last axis's size from its own and the one asked for. */
const spectrum =
  (
    dtypeOf: (dtype: DType) => DType,
    last: (own: Dim, asked: Dim | undefined) => Dim = (own, asked) => asked ?? own,
  ): Infer =>
  (call) => {
    const { dtype, shape } = call.type("self");
    const axes = transformedAxes(call, shape.length);
    const result = axes.reduce<readonly Dim[]>((now, [axis, asked], at) => {
      const own = now[axis] ?? 0;
      return replaced(now, axis, at === axes.length - 1 ? last(own, asked) : (asked ?? own));
    }, shape);
    return [typed(dtypeOf(dtype), result)];
  };

const half = (own: Dim, asked: Dim | undefined) => addDims(floorDivDims(asked ?? own, 2), 1);
const whole = (own: Dim, asked: Dim | undefined) => asked ?? mulDims(subDims(own, 1), 2);

/** [batch, samples] to [batch, frequencies, frames], complex. */
const shortTime: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  if (call.has("return_complex") && !call.bool("return_complex"))
    throw new Refusal("a spectrum as pairs of real numbers");
  const size = call.int("n_fft");
  const hop = call.optionalInt("hop_length") ?? Math.floor(size / 4);
  const centred = call.has("center") && call.bool("center");
  const samples = addDims(shape.at(-1) ?? 0, centred ? 2 * Math.floor(size / 2) : 0);
  const onesided = call.has("onesided") ? call.bool("onesided") : !isComplex(dtype);
  const frames = addDims(floorDivDims(subDims(samples, size), hop), 1);
  return [
    typed(complexOf(dtype), [...shape.slice(0, -1), onesided ? Math.floor(size / 2) + 1 : size, frames]),
  ];
};

export const SPECTRA: InferTable = {
  ...forEach("fft_fft fft_ifft fft_fft2 fft_ifft2 fft_fftn fft_ifftn", spectrum(complexOf)),
  ...forEach("fft_rfft fft_rfft2 fft_rfftn fft_ihfft", spectrum(complexOf, half)),
  ...forEach("fft_irfft fft_irfft2 fft_irfftn fft_hfft", spectrum(realOf, whole)),
  stft: shortTime,
};
