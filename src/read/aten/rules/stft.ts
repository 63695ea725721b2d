// Short-time Fourier transform: frames of the signal times the window, each transformed.
// Layout: [batch, samples] -> [batch, frequencies, frames], complex.
// Source: https://docs.pytorch.org/docs/stable/generated/torch.stft.html
import { int, string } from "../../../graph/attribute.ts";
import type { Dim } from "../../../graph/dim.ts";
import type { Value } from "../../../graph/graph.ts";
import { isComplex } from "../../../tensor/dtype.ts";
import { Refusal } from "../argument.ts";
import type { Call } from "../call.ts";
import type { Rule } from "../rule.ts";

export const STFT: Rule = {
  targets: ["aten::stft.default", "aten::stft.center"],
  complex: true,
  emit(call) {
    const { dtype, shape } = call.type("self");
    if (isComplex(dtype)) throw new Refusal("it is not supported for complex signals");
    const size = call.int("n_fft");
    const hop = call.optionalInt("hop_length") ?? Math.floor(size / 4);
    const unbatched = shape.length === 1;
    const signal = centred(
      call,
      unbatched ? call.unsqueeze(call.tensor("self"), 0) : call.tensor("self"),
      size,
    );
    const frames = call.op("Mul", [framed(call, signal, size, hop), windowOf(call, size)]);
    const onesided = call.has("onesided") ? call.bool("onesided") : true;
    const attributes = { onesided: int(onesided ? 1 : 0) };
    const spectrum = call.op(
      "DFT",
      [call.unsqueeze(frames, 3), undefined, call.builder.int64(2)],
      attributes,
    );
    const scaled = call.bool("normalized")
      ? call.op("Mul", [spectrum, call.number(1 / Math.sqrt(size), dtype)])
      : spectrum;
    const turned = call.transpose(scaled, [0, 2, 1, 3]);
    return unbatched ? call.squeeze(turned, 0) : turned;
  },
};

function centred(call: Call, signal: Value, size: number): Value {
  if (!call.has("center") || !call.bool("center")) return signal;
  const half = Math.floor(size / 2);
  return call.op("Pad", [signal, call.builder.int64s([0, half, 0, half])], {
    mode: string(call.string("pad_mode")),
  });
}

/** [batch, frames, size] */
function framed(call: Call, signal: Value, size: number, hop: number): Value {
  const shape = call.result().shape;
  const count = shape.at(isComplex(call.result().dtype) ? -1 : -2) as Dim;
  const starts = call.op("Range", [
    call.builder.int64(0),
    call.dimEmitter.scalar(count),
    call.builder.int64(1),
  ]);
  const offsets = call.builder.int64s(Array.from({ length: size }, (_, index) => index));
  const places = call.op("Add", [
    call.unsqueeze(call.op("Mul", [starts, call.number(hop, "int64")]), 1),
    offsets,
  ]);
  return call.op("Gather", [signal, places], { axis: int(1) });
}

/** The window in the middle of a frame, zeros around it. */
function windowOf(call: Call, size: number): Value {
  const { dtype } = call.type("self");
  const length = call.optionalInt("win_length") ?? size;
  const before = Math.floor((size - length) / 2);
  const window = call.has("window")
    ? call.as("window", dtype)
    : call.table(dtype, [length], new Array<number>(length).fill(1));
  if (length === size) return window;
  return call.op("Pad", [window, call.builder.int64s([before, size - length - before])]);
}
