// Fourier transforms and windows. Source: https://onnx.ai/onnx/operators/onnx__DFT.html
// Complex numbers are a last axis of 2; a last axis of 1 is real.
import { ONNX_DTYPES } from "../../tensor/onnx-dtypes.ts";
import { int } from "../attribute.ts";
import { addDims, type Dim, floorDivDims, mulDims, subDims } from "../dim.ts";
import type { OperatorDefinition } from "./definition.ts";
import { axisOf, result, shapeOfRank, unknownSizes } from "./shapes.ts";

/** Bins of a real transform of `size`: the negative frequencies mirror the others. */
const oneSided = (size: Dim): Dim => addDims(floorDivDims(size, 2), 1);

const DFT: OperatorDefinition = {
  op: "DFT",
  since: 20,
  attributes: { inverse: int(0), onesided: int(0) },
  infer: (context) => {
    const type = context.type(0);
    const shape = shapeOfRank(context, 0, 2);
    if (!type || !shape) return [type && result(type.dtype, undefined)];
    const given = context.node.inputs[2] ? context.contents(2)?.[0] : -2;
    if (typeof given !== "number") return [result(type.dtype, unknownSizes(context, shape.length))];
    const axis = axisOf(given, shape.length);
    const half = context.int("onesided") === 1;
    const backward = half && context.int("inverse") === 1;
    const whole = backward ? mulDims(subDims(shape[axis] ?? 1, 1), 2) : (shape[axis] ?? 1);
    const length = context.node.inputs[1] ? (context.contents(1)?.[0] ?? context.unknownDim()) : whole;
    const bins = half && !backward ? oneSided(length) : length;
    const transformed = shape.map((dim, at) => (at === axis ? bins : dim));
    return [result(type.dtype, [...transformed.slice(0, -1), backward ? 1 : 2])];
  },
};

const STFT: OperatorDefinition = {
  op: "STFT",
  since: 17,
  attributes: { onesided: int(1) },
  infer: (context) => {
    const type = context.type(0);
    const signal = shapeOfRank(context, 0, 2);
    if (!type || !signal) return [type && result(type.dtype, undefined)];
    const step = context.contents(1)?.[0];
    const frame = (context.node.inputs[3] ? context.contents(3)?.[0] : undefined) ?? context.shape(2)?.[0];
    if (step === undefined || frame === undefined) return [result(type.dtype, unknownSizes(context, 4))];
    const frames = addDims(floorDivDims(subDims(signal[1] ?? 1, frame), step), 1);
    const bins = context.int("onesided") === 1 ? oneSided(frame) : frame;
    return [result(type.dtype, [signal[0] ?? 1, frames, bins, 2])];
  },
};

const window = (op: string): OperatorDefinition => ({
  op,
  since: 17,
  attributes: { output_datatype: int(1), periodic: int(1) },
  infer: (context) => {
    const dtype = ONNX_DTYPES.get(context.int("output_datatype")) ?? "float32";
    return [result(dtype, [context.contents(0)?.[0] ?? context.unknownDim()])];
  },
});

const MEL_WEIGHT_MATRIX: OperatorDefinition = {
  op: "MelWeightMatrix",
  since: 17,
  attributes: { output_datatype: int(1) },
  infer: (context) => {
    const dtype = ONNX_DTYPES.get(context.int("output_datatype")) ?? "float32";
    const length = context.contents(1)?.[0];
    const rows = length === undefined ? context.unknownDim() : oneSided(length);
    return [result(dtype, [rows, context.contents(0)?.[0] ?? context.unknownDim()])];
  },
};

export const SIGNAL: readonly OperatorDefinition[] = [
  window("BlackmanWindow"),
  DFT,
  window("HammingWindow"),
  window("HannWindow"),
  MEL_WEIGHT_MATRIX,
  STFT,
];
