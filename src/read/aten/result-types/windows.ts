// Results of operators with windows: convolutions, pools, resizing, patches.
import { addDims, type Dim, divideExactly, floorDivDims, mulDims, subDims } from "../../../graph/dim.ts";
import type { RankedType } from "../../../graph/typed-graph.ts";
import { type Facts, Refusal } from "../argument.ts";
import { poolWindow } from "../pool-window.ts";
import { forEach, type Infer, type InferTable, sameOrEnd, typed } from "./infer.ts";

/** floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1 */
function windows(size: Dim, kernel: Dim, stride: number, padding: number, dilation: number): Dim {
  const reach = addDims(mulDims(subDims(kernel, 1), dilation), 1);
  return addDims(floorDivDims(subDims(addDims(size, padding), reach), stride), 1);
}

const convolution: Infer = (call) => {
  const { dtype, shape } = call.type("input");
  const weight = call.shape("weight");
  const spatial = weight.length - 2;
  const transposed = call.name.startsWith("conv_transpose") || isTrue(call, "transposed");
  const lead = shape.slice(0, shape.length - spatial - 1);
  const groups = call.has("groups") ? call.dim("groups") : 1;
  const channels = transposed ? mulDims(weight[1] ?? 0, groups) : (weight[0] ?? 0);
  const sizes = shape.slice(shape.length - spatial);
  const kernel = weight.slice(2);
  if (!transposed) sameOrEnd(shape.at(-spatial - 1) ?? 0, mulDims(weight[1] ?? 0, groups));
  return [
    typed(dtype, [
      ...lead,
      channels,
      ...(transposed ? grown(call, sizes, kernel) : shrunk(call, sizes, kernel)),
    ]),
  ];
};

function isTrue(call: Facts, name: string): boolean {
  return call.argument(name).kind === "bool" && call.bool(name);
}

function shrunk(call: Facts, sizes: readonly Dim[], kernel: readonly Dim[]): Dim[] {
  const count = sizes.length;
  const stride = call.spread("stride", count);
  const dilation = call.spread("dilation", count);
  const padding = call.argument("padding");
  const mode = padding.kind === "string" ? padding.value : undefined;
  if (mode === "same") return [...sizes];
  const pads = mode === "valid" ? sizes.map(() => 0) : call.spread("padding", count);
  return sizes.map((size, axis) =>
    windows(size, kernel[axis] ?? 1, stride[axis] ?? 1, 2 * (pads[axis] ?? 0), dilation[axis] ?? 1),
  );
}

/** (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1 */
function grown(call: Facts, sizes: readonly Dim[], kernel: readonly Dim[]): Dim[] {
  const count = sizes.length;
  const [stride, padding] = [call.spread("stride", count), call.spread("padding", count)];
  const [dilation, extra] = [call.spread("dilation", count), call.spread("output_padding", count)];
  return sizes.map((size, axis) => {
    const reach = mulDims(subDims(kernel[axis] ?? 1, 1), dilation[axis] ?? 1);
    const begin = mulDims(subDims(size, 1), stride[axis] ?? 1);
    const rest = (extra[axis] ?? 0) + 1 - 2 * (padding[axis] ?? 0);
    return addDims(addDims(begin, reach), rest);
  });
}

function pooled(call: Facts): RankedType {
  const { dtype, shape } = call.type("self");
  const count = Number(/(\d)d/.exec(call.name)?.[1] ?? 2);
  const sizes = shape.slice(shape.length - count);
  const window = poolWindow(call, count, sizes);
  const { overhang } = window;
  if (!overhang) throw new Refusal("ceil_mode needs sizes that are fixed");
  const result = sizes.map((size, axis) =>
    windows(
      size,
      window.kernel[axis] ?? 1,
      window.stride[axis] ?? 1,
      2 * (window.padding[axis] ?? 0) + (overhang[axis] ?? 0),
      window.dilation[axis] ?? 1,
    ),
  );
  return typed(dtype, [...shape.slice(0, shape.length - count), ...result]);
}

const pool: Infer = (call) => [pooled(call)];

const poolWithPlaces: Infer = (call) => {
  const result = pooled(call);
  return [result, typed("int64", result.shape)];
};

function adapted(call: Facts): RankedType {
  const { dtype, shape } = call.type("self");
  const count = Number(/(\d)d/.exec(call.name)?.[1] ?? 2);
  const wanted = call.dims("output_size");
  const sizes = shape.slice(shape.length - count);
  const result = sizes.map((_, axis) => wanted[wanted.length === 1 ? 0 : axis] ?? 1);
  return typed(dtype, [...shape.slice(0, shape.length - count), ...result]);
}

const adaptive: Infer = (call) => [adapted(call)];

const adaptiveWithPlaces: Infer = (call) => {
  const result = adapted(call);
  return [result, typed("int64", result.shape)];
};

/** Sizes are given, or follow from factors. */
const resized: Infer = (call) => {
  const name = call.schema?.arguments[0]?.name ?? "self";
  const { dtype, shape } = call.type(name);
  const sizes = shape.slice(2);
  const given = call.has("output_size") ? call.dims("output_size") : undefined;
  const factors = given ? [] : call.floats("scale_factors");
  return [
    typed(dtype, [
      ...shape.slice(0, 2),
      ...sizes.map(
        (size, axis) => given?.[given.length === 1 ? 0 : axis] ?? scaled(size, factors[axis] ?? 1),
      ),
    ]),
  ];
};

function scaled(size: Dim, factor: number): Dim {
  if (typeof size === "number") return Math.floor(size * factor);
  if (Number.isInteger(factor)) return mulDims(size, factor);
  throw new Refusal(`a size ${size} is scaled by ${factor}; a whole factor or a fixed size is wanted`);
}

const shuffleUp: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const factor = call.int("upscale_factor");
  const [channels = 0, height = 0, width = 0] = shape.slice(-3);
  const result = [floorDivDims(channels, factor * factor), mulDims(height, factor), mulDims(width, factor)];
  return [typed(dtype, [...shape.slice(0, -3), ...result])];
};

const shuffleDown: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const factor = call.int("downscale_factor");
  const [channels = 0, height = 0, width = 0] = shape.slice(-3);
  const result = [
    mulDims(channels, factor * factor),
    floorDivDims(height, factor),
    floorDivDims(width, factor),
  ];
  return [typed(dtype, [...shape.slice(0, -3), ...result])];
};

const patches: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const [kernel, dilation] = [call.spread("kernel_size", 2), call.spread("dilation", 2)];
  const [padding, stride] = [call.spread("padding", 2), call.spread("stride", 2)];
  const [channels = 0, ...sizes] = shape.slice(-3);
  const places = sizes.map((size, axis) =>
    windows(size, kernel[axis] ?? 1, stride[axis] ?? 1, 2 * (padding[axis] ?? 0), dilation[axis] ?? 1),
  );
  const area = (kernel[0] ?? 1) * (kernel[1] ?? 1);
  return [
    typed(dtype, [...shape.slice(0, -3), mulDims(channels, area), mulDims(places[0] ?? 1, places[1] ?? 1)]),
  ];
};

const fromPatches: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const [kernel, sizes] = [call.spread("kernel_size", 2), call.dims("output_size")];
  const channels = floorDivDims(shape.at(-2) ?? 0, (kernel[0] ?? 1) * (kernel[1] ?? 1));
  return [typed(dtype, [...shape.slice(0, -2), channels, ...sizes])];
};

/** Windows along one axis, as a new last axis. */
const unfold: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const axis = call.axis("dimension", shape.length);
  const size = call.int("size");
  const count = addDims(floorDivDims(subDims(shape[axis] ?? 0, size), call.int("step")), 1);
  return [typed(dtype, [...shape.map((old, index) => (index === axis ? count : old)), size])];
};

const gridSample: Infer = (call) => {
  const { dtype, shape } = call.type("input");
  const grid = call.shape("grid");
  return [typed(dtype, [...shape.slice(0, 2), ...grid.slice(1, -1)])];
};

/** Regions of interest, each pooled to the same size. */
const regions: Infer = (call) => {
  const { dtype, shape } = call.type("input");
  const [count = 0] = call.shape("rois");
  return [typed(dtype, [count, shape[1] ?? 0, call.dim("pooled_height"), call.dim("pooled_width")])];
};

const regionsWithPlaces: Infer = (call, fresh) => {
  const [type] = regions(call, fresh);
  return type ? [type, typed("int32", type.shape)] : [];
};

/** A cell of the result takes a channel of its own. */
const regionsOfPositions: Infer = (call, fresh) => {
  const [type] = regions(call, fresh);
  const cells = call.int("pooled_height") * call.int("pooled_width");
  const channels = type && divideExactly(type.shape[1] ?? 0, cells);
  if (!type || channels === undefined) throw new Refusal(`${cells} cells do not divide its channels`);
  const shape = type.shape.map((size, axis) => (axis === 1 ? channels : size));
  return [typed(type.dtype, shape), typed("int32", shape)];
};

/** The offsets have the sizes of the result. */
const deformed: Infer = (call) => {
  const { dtype, shape } = call.type("input");
  const channels = call.shape("weight")[0] ?? 0;
  return [typed(dtype, [shape[0] ?? 1, channels, ...call.shape("offset").slice(2)])];
};

const unpooled: Infer = (call) => {
  const { dtype, shape } = call.type("self");
  const sizes = call.dims("output_size");
  return [typed(dtype, [...shape.slice(0, shape.length - sizes.length), ...sizes])];
};

export const WINDOWS: InferTable = {
  ...forEach("conv1d conv2d conv3d convolution _convolution _convolution_mode", convolution),
  ...forEach("conv_transpose1d conv_transpose2d conv_transpose3d", convolution),
  ...forEach("max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d", pool),
  ...forEach("max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices", poolWithPlaces),
  ...forEach("adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d", adaptive),
  ...forEach("_adaptive_avg_pool2d _adaptive_avg_pool3d", adaptive),
  ...forEach("adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d", adaptiveWithPlaces),
  ...forEach("upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d", resized),
  ...forEach("upsample_bilinear2d upsample_bicubic2d upsample_trilinear3d", resized),
  ...forEach("_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d", resized),
  ...forEach("_upsample_bilinear2d_aa _upsample_bicubic2d_aa", resized),
  ...forEach("grid_sampler grid_sampler_2d grid_sampler_3d", gridSample),
  ...forEach("max_unpool2d max_unpool3d", unpooled),
  pixel_shuffle: shuffleUp,
  pixel_unshuffle: shuffleDown,
  im2col: patches,
  col2im: fromPatches,
  unfold,
  roi_align: regions,
  ...forEach("roi_pool ps_roi_pool", regionsWithPlaces),
  ps_roi_align: regionsOfPositions,
  deform_conv2d: deformed,
};
