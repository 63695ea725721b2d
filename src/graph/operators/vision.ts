// Operators of detection and image models. Source: https://onnx.ai/onnx/operators/onnx__GridSample.html
import { float, int, string } from "../attribute.ts";
import { type Dim, floorDivDims } from "../dim.ts";
import type { OperatorDefinition } from "./definition.ts";
import { axisOf, result, sameSize, shapeOfRank, unknownSizes } from "./shapes.ts";

/** Boxes that survive: rows of (batch, class, box). */
const NON_MAX_SUPPRESSION: OperatorDefinition = {
  op: "NonMaxSuppression",
  since: 11,
  attributes: { center_point_box: int(0) },
  infer: (context) => [result("int64", [context.unknownDim(), 3])],
};

const ROI_ALIGN: OperatorDefinition = {
  op: "RoiAlign",
  since: 16,
  attributes: {
    coordinate_transformation_mode: string("half_pixel"),
    mode: string("avg"),
    output_height: int(1),
    output_width: int(1),
    sampling_ratio: int(0),
    spatial_scale: float(1),
  },
  infer: (context) => {
    const type = context.type(0);
    const rows = context.shape(1)?.[0] ?? context.shape(2)?.[0] ?? context.unknownDim();
    const channels = shapeOfRank(context, 0, 4)?.[1] ?? context.unknownDim();
    const shape = [rows, channels, context.int("output_height"), context.int("output_width")];
    return [type && result(type.dtype, shape)];
  },
};

const MAX_ROI_POOL: OperatorDefinition = {
  op: "MaxRoiPool",
  since: 1,
  attributes: { pooled_shape: "ints", spatial_scale: float(1) },
  infer: (context) => {
    const type = context.type(0);
    const rows = context.shape(1)?.[0] ?? context.unknownDim();
    const channels = shapeOfRank(context, 0, 4)?.[1] ?? context.unknownDim();
    return [type && result(type.dtype, [rows, channels, ...(context.ints("pooled_shape") ?? [])])];
  },
};

const GRID_SAMPLE: OperatorDefinition = {
  op: "GridSample",
  since: 20,
  attributes: { align_corners: int(0), mode: string("linear"), padding_mode: string("zeros") },
  infer: (context) => {
    const type = context.type(0);
    const data = shapeOfRank(context, 0, 3);
    const grid = shapeOfRank(context, 1, 3);
    if (!type || !data || !grid) return [type && result(type.dtype, undefined)];
    const rows = sameSize(data[0] ?? 1, grid[0] ?? 1, "rows of the data and of the grid");
    return [result(type.dtype, [rows, data[1] ?? 1, ...grid.slice(1, -1)])];
  },
};

/** theta [N, 2, 3] and size [N, C, H, W] give [N, H, W, 2]; the same with a depth. */
const AFFINE_GRID: OperatorDefinition = {
  op: "AffineGrid",
  since: 20,
  attributes: { align_corners: int(0) },
  infer: (context) => {
    const type = context.type(0);
    const rank = context.shape(1)?.[0];
    if (!type || typeof rank !== "number") return [type && result(type.dtype, undefined)];
    const size = context.contents(1) ?? unknownSizes(context, rank);
    return [result(type.dtype, [size[0] ?? 1, ...size.slice(2), rank - 2])];
  },
};

/** [N, C * block, L] to [N, C, image]. */
const COL2IM: OperatorDefinition = {
  op: "Col2Im",
  since: 18,
  attributes: { dilations: "ints", pads: "ints", strides: "ints" },
  infer: (context) => {
    const type = context.type(0);
    const data = shapeOfRank(context, 0, 3);
    const rank = context.shape(1)?.[0];
    if (!type || !data || typeof rank !== "number") return [type && result(type.dtype, undefined)];
    const image = context.contents(1) ?? unknownSizes(context, rank);
    const block = context.contents(2)?.reduce<Dim>((dim, size) => floorDivDims(dim, size), data[1] ?? 1);
    return [result(type.dtype, [data[0] ?? 1, block ?? context.unknownDim(), ...image])];
  },
};

const CENTER_CROP_PAD: OperatorDefinition = {
  op: "CenterCropPad",
  since: 18,
  attributes: { axes: "ints" },
  infer: (context) => {
    const type = context.type(0);
    if (!type?.shape) return [type && result(type.dtype, undefined)];
    const { shape } = type;
    const axes =
      context.ints("axes")?.map((axis) => axisOf(axis, shape.length)) ?? shape.map((_, axis) => axis);
    const sizes = context.contents(1);
    const cropped = shape.map((dim, axis) => {
      const index = axes.indexOf(axis);
      return index < 0 ? dim : (sizes?.[index] ?? context.unknownDim());
    });
    return [result(type.dtype, cropped)];
  },
};

export const VISION: readonly OperatorDefinition[] = [
  AFFINE_GRID,
  CENTER_CROP_PAD,
  COL2IM,
  GRID_SAMPLE,
  MAX_ROI_POOL,
  NON_MAX_SUPPRESSION,
  ROI_ALIGN,
];
