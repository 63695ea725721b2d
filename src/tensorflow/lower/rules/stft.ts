// STFT: transforms of overlapping frames of a signal, weighted by a window.
// Source: https://onnx.ai/onnx/operators/onnx__STFT.html. The signal is not padded: frames = 1 + floor((L - frame) / step).
import type { Dim } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { LOGICAL, type LoweringRule } from "../rule.ts";

function frameOf(facts: NodeFacts): Dim | undefined {
  return facts.has(3) ? facts.contents(3)?.[0] : facts.has(2) ? facts.shape(2)[0] : undefined;
}

/** 1 for a real signal, 2 for a complex one. */
function partsOf(facts: NodeFacts): Dim | undefined {
  return facts.rank(0) === 2 ? 1 : facts.shape(0)[2];
}

export const stft: LoweringRule = {
  op: "STFT",
  since: 17,
  layout: LOGICAL,
  limits: "whether the signal is complex is known; both sides of a complex one",
  refuse(facts) {
    const parts = partsOf(facts);
    if (parts !== 1 && parts !== 2) return "whether its signal is complex is not known";
    return parts === 2 && facts.int("onesided", 1) === 1
      ? "one side of a complex signal's transform"
      : undefined;
  },
  emit(node) {
    const dtype: DType = node.dtype(0) === "float64" ? "float64" : "float32";
    const complex: DType = dtype === "float64" ? "complex128" : "complex64";
    const known = frameOf(node);
    const frame =
      known === undefined && node.has(3) ? node.cast(node.single(3), "int64") : node.values.dim(known ?? 1);
    const parts = signalParts(node, dtype).map((part) => framed(node, part, frame, dtype));
    const [real, imaginary] = parts as [TfValue, TfValue | undefined];
    const spectrum =
      node.int("onesided", 1) === 1
        ? node.op("RFFT", [real, node.op("Reshape", [node.cast(frame, "int32"), node.int32s([1])])], {
            Tcomplex: complex,
          })
        : node.op("FFT", [
            node.op("Complex", [real, imaginary ?? node.op("ZerosLike", [real])], { Tout: complex }),
          ]);
    const halves = [
      node.op("Real", [spectrum], { Tout: dtype }),
      node.op("Imag", [spectrum], { Tout: dtype }),
    ];
    return node.cast(node.op("Pack", [halves], { axis: 3 }), node.dtype(0));
  },
};

/** The real part, and the imaginary one if there is one, each [batch, length]. */
function signalParts(node: NodeLowering, dtype: DType): TfValue[] {
  const signal = node.cast(node.logical(0), dtype);
  if (node.rank(0) === 2) return [signal];
  return node.tf.ops("Unpack", [signal], { num: partsOf(node) as number, axis: 2 }); // refuse has checked it
}

/** [batch, frames, frame], weighted. */
function framed(node: NodeLowering, signal: TfValue, frame: TfValue, dtype: DType): TfValue {
  const step = node.cast(node.single(1), "int64");
  const [zero, one] = [node.int64(0), node.int64(1)];
  const room = node.op("Sub", [node.values.dim(node.shape(0)[1] ?? 1), frame]);
  const count = node.op("AddV2", [node.op("FloorDiv", [room, step]), one]);
  const starts = node.op("Mul", [node.op("Range", [zero, count, one]), step]);
  const within = node.op("Range", [zero, frame, one]);
  const places = node.op("AddV2", [node.op("Reshape", [starts, node.int64s([-1, 1])]), within]);
  const frames = node.op("GatherV2", [signal, places, node.int32(1)]);
  return node.has(2) ? node.op("Mul", [frames, node.cast(node.logical(2), dtype)]) : frames;
}
