// Convolutions over any number of spatial axes. Source: https://onnx.ai/onnx/operators/onnx__Conv.html
// Layout: data [N, C, spatial], weight [M, C / group, kernel]; for ConvTranspose [C, M / group, kernel].
import type { DType } from "../../tensor/dtype.ts";
import { int, string } from "../attribute.ts";
import { type Dim, mulDims } from "../dim.ts";
import { type AttributeSpec, IllTyped, type InferContext, type OperatorDefinition } from "./definition.ts";
import { result, shapeOfRank } from "./shapes.ts";
import { slidSize, unslidSize, windowsOf } from "./windows.ts";

const ATTRIBUTES: Readonly<Record<string, AttributeSpec>> = {
  auto_pad: string("NOTSET"),
  dilations: "ints",
  group: int(1),
  kernel_shape: "ints",
  pads: "ints",
  strides: "ints",
};

function convolution(
  op: string,
  since: number,
  weight: number,
  dtype: (context: InferContext) => DType | undefined,
): OperatorDefinition {
  return {
    op,
    since,
    attributes: ATTRIBUTES,
    infer: (context) => {
      const to = dtype(context);
      return [to && result(to, convolvedShape(context, weight))];
    },
  };
}

export const CONV = convolution("Conv", 11, 1, (context) => context.type(0)?.dtype);
export const CONV_INTEGER = convolution("ConvInteger", 10, 1, () => "int32");
/** Inputs: x, its scale and zero point, w, its scale and zero point, y's scale and zero point, the bias. */
export const QLINEAR_CONV = convolution("QLinearConv", 10, 3, (context) => context.type(7)?.dtype);

function convolvedShape(context: InferContext, weightIndex: number): Dim[] | undefined {
  const data = shapeOfRank(context, 0, 3);
  const weight = shapeOfRank(context, weightIndex, 3);
  if (!data || !weight) return undefined;
  checkChannels(data, weight, context.int("group"));
  const autoPad = context.string("auto_pad");
  const windows = windowsOf(context, weight.slice(2));
  const spatial = windows.map((window, axis) => slidSize(data[axis + 2] ?? 1, window, autoPad));
  return [data[0] ?? 1, weight[0] ?? 1, ...spatial];
}

function checkChannels(data: readonly Dim[], weight: readonly Dim[], groups: number): void {
  if (data.length !== weight.length) {
    throw new IllTyped(`data of ${data.length} dimensions and a weight of ${weight.length}`);
  }
  const channels = data[1];
  const wanted = mulDims(weight[1] ?? 1, groups);
  if (typeof channels === "number" && typeof wanted === "number" && channels !== wanted) {
    throw new IllTyped(`data has ${channels} channels, the weight takes ${wanted} (${groups} groups)`);
  }
}

export const CONV_TRANSPOSE: OperatorDefinition = {
  op: "ConvTranspose",
  since: 11,
  attributes: { ...ATTRIBUTES, output_padding: "ints", output_shape: "ints" },
  infer: (context) => {
    const type = context.type(0);
    const data = shapeOfRank(context, 0, 3);
    const weight = shapeOfRank(context, 1, 3);
    if (!type || !data || !weight) return [type && result(type.dtype, undefined)];
    const autoPad = context.string("auto_pad");
    const given = context.ints("output_shape")?.slice(2 - data.length);
    const padding = context.ints("output_padding");
    const spatial = windowsOf(context, weight.slice(2)).map(
      (window, axis) =>
        given?.[axis] ?? unslidSize(data[axis + 2] ?? 1, window, autoPad, padding?.[axis] ?? 0),
    );
    return [result(type.dtype, [data[0] ?? 1, mulDims(weight[1] ?? 1, context.int("group")), ...spatial])];
  },
};

/** Inputs: data, weight, offset, bias, mask. */
export const DEFORM_CONV: OperatorDefinition = {
  op: "DeformConv",
  since: 19,
  attributes: {
    dilations: "ints",
    group: int(1),
    kernel_shape: "ints",
    offset_group: int(1),
    pads: "ints",
    strides: "ints",
  },
  infer: (context) => {
    const type = context.type(0);
    const data = shapeOfRank(context, 0, 3);
    const weight = shapeOfRank(context, 1, 3);
    if (!type || !data || !weight) return [type && result(type.dtype, undefined)];
    const windows = windowsOf(context, weight.slice(2));
    const spatial = windows.map((window, axis) => slidSize(data[axis + 2] ?? 1, window, "NOTSET"));
    return [result(type.dtype, [data[0] ?? 1, weight[0] ?? 1, ...spatial])];
  },
};
