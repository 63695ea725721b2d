// Conv in 1, 2 and 3 dimensions, channels-last.
// Weights: ONNX [M, C/g, k...] -> TensorFlow [k..., C/g, M], the order of output channels is the same. One dimension is
// two with a height of 1. Pads are explicit where the kernel takes them, since TensorFlow's SAME pads otherwise.
// Bias: BiasAdd, which TensorFlow fuses; AddV2 for groups, since its fused kernel has none.
import type { Dim } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { stuffed } from "../../../tensor/stuff-zeros.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { transposed } from "../../../tensor/transpose.ts";
import type { AttributeValues } from "../../builder.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padValue } from "../pad-value.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";
import { productType } from "../widened.ts";
import { deepened, isSame, type Window, windowOf } from "../window.ts";

/** The kernel's sizes, from the weight's shape. */
function kernelOf(facts: NodeFacts): number[] | undefined {
  const sizes = facts.shape(1).slice(2);
  return sizes.every((size) => typeof size === "number") ? (sizes as number[]) : undefined;
}

export const conv: LoweringRule = {
  op: "Conv",
  since: 11,
  layout: CHANNELS_LAST,
  limits: "1 to 3 spatial dimensions; channels and kernel are known",
  refuse(facts) {
    const kernel = kernelOf(facts);
    if (!kernel) return "the size of its kernel is not known before the model runs";
    if (kernel.length < 1 || kernel.length > 3)
      return `${kernel.length} spatial dimensions, TensorFlow has 1 to 3`;
    if (kernel.length === 3 && !facts.constant(1) && (facts.ints("dilations") ?? []).some((d) => d > 1)) {
      return "a dilated convolution in 3 dimensions needs a constant weight";
    }
    const window = windowOf(facts, kernel);
    return typeof window === "string" ? window : undefined;
  },
  emit(node) {
    const kernel = kernelOf(node) ?? [];
    const window = windowOf(node, kernel) as Window; // refuse has checked it
    const dtype = productType("Conv2D", node.dtype(0));
    const x = node.cast(node.data(), dtype);
    const y = kernel.length === 3 ? conv3d(node, x, window) : conv2d(node, x, window, dtype);
    return node.cast(biased(node, y, dtype), node.dtype(0));
  },
};

function biased(node: NodeLowering, value: TfValue, dtype: DType): TfValue {
  if (!node.has(2)) return value;
  const grouped = node.int("group", 1) > 1 && !isDepthwise(node);
  return node.op(grouped ? "AddV2" : "BiasAdd", [value, node.cast(node.logical(2), dtype)]);
}

function isDepthwise(facts: NodeFacts): boolean {
  const group = facts.int("group", 1);
  return group > 1 && facts.shape(0)[1] === group && facts.shape(1)[1] === 1;
}

function conv2d(node: NodeLowering, x: TfValue, window: Window, dtype: DType): TfValue {
  const flat = window.kernel.length === 1;
  const deep = flat ? deepened(window) : window;
  const image = flat ? node.op("ExpandDims", [x, node.int32(1)]) : x;
  const { strides, dilations } = deep;
  const sizes = flat ? [1, ...node.shape(0).slice(2)] : node.shape(0).slice(2);
  const native =
    isDepthwise(node) && strides[0] === strides[1] && dilations.every((dilation) => dilation === 1);
  const filter = node.cast(native ? depthwiseFilter(node, flat) : denseFilter(node, flat), dtype);
  const padding = native && isSame(deep, sizes) ? { padding: "SAME" } : explicitPadding(deep, native);
  const source = padding ? image : padValue(node, image, [0, ...deep.begin, 0], [0, ...deep.end, 0]);
  const y = node.op(native ? "DepthwiseConv2dNative" : "Conv2D", [source, filter], {
    strides: [1, ...strides, 1],
    ...(padding ?? { padding: "VALID" }),
    dilations: dilations.some((dilation) => dilation > 1) ? [1, ...dilations, 1] : undefined,
  });
  return flat ? node.op("Squeeze", [y], { squeeze_dims: [1] }) : y;
}

/**
 * The pads as the kernel takes them; undefined where the data must be padded before. A negative pad crops, which no
 * kernel does. TensorFlow 2.21 with oneDNN crashes on a depthwise convolution with explicit pads that it fuses.
 */
function explicitPadding({ begin, end }: Window, depthwise: boolean): AttributeValues | undefined {
  if ([...begin, ...end].every((pad) => pad === 0)) return { padding: "VALID" };
  if (depthwise || [...begin, ...end].some((pad) => pad < 0)) return undefined;
  const pads = begin.flatMap((pad, axis) => [pad, end[axis] ?? 0]);
  return { padding: "EXPLICIT", explicit_paddings: [0, 0, ...pads, 0, 0] };
}

/** The kernel's axes, then input channels, then output channels. */
function filterOrder(facts: NodeFacts): number[] {
  return [...Array.from({ length: facts.rank(1) - 2 }, (_, axis) => axis + 2), 1, 0];
}

/** [M, C/g, k...] -> [k..., C/g, M]. */
function denseFilter(node: NodeLowering, flat: boolean): TfValue {
  const tensor = node.constant(1);
  const perm = filterOrder(node);
  if (tensor) {
    const filter = node.values.arranged(tensor, { perm });
    const shape = flat ? [1, ...filter.shape] : filter.shape;
    return node.values.constant(node.values.reshaped(filter, shape), node.value(1).name);
  }
  const shape = node.shape(1);
  if (!flat) return node.transpose(node.logical(1), shape, perm);
  const deep: Dim[] = [shape[0] as Dim, shape[1] as Dim, 1, shape[2] as Dim];
  return node.transpose(node.op("ExpandDims", [node.logical(1), node.int32(2)]), deep, [2, 3, 1, 0]);
}

/** [C * m, 1, k...] -> [k..., C, m]; channel c gives the outputs c * m to c * m + m - 1. */
function depthwiseFilter(node: NodeLowering, flat: boolean): TfValue {
  const channels = node.int("group", 1);
  const kernel = kernelOf(node) ?? [];
  const [height, width] = flat ? [1, kernel[0] ?? 1] : [kernel[0] ?? 1, kernel[1] ?? 1];
  const outputs = node.shape(1)[0];
  const shape = [height, width, channels, typeof outputs === "number" ? outputs / channels : -1];
  const tensor = node.constant(1);
  if (!tensor) return node.op("Reshape", [denseFilter(node, flat), node.int32s(shape)]);
  const filter = node.values.reshaped(node.values.arranged(tensor, { perm: filterOrder(node) }), shape);
  return node.values.constant(filter, node.value(1).name);
}

/** Three dimensions have no explicit pads, no groups and no dilations on every CPU: pad, split, stuff the kernel. */
function conv3d(node: NodeLowering, x: TfValue, window: Window): TfValue {
  const { begin, end, strides } = window;
  const padded = padValue(node, x, [0, ...begin, 0], [0, ...end, 0]);
  const attributes = { strides: [1, ...strides, 1], padding: "VALID" };
  const groups = node.int("group", 1);
  const filter = filter3d(node, window);
  if (groups === 1) return node.op("Conv3D", [padded, filter], attributes);
  const split = (value: TfValue) => node.tf.ops("Split", [node.int32(4), value], { num_split: groups });
  const [inputs, filters] = [split(padded), split(filter)];
  const parts = inputs.map((input, group) =>
    node.op("Conv3D", [input, filters[group] as TfValue], attributes),
  );
  return node.op("ConcatV2", [parts, node.int32(4)]);
}

function filter3d(node: NodeLowering, window: Window): TfValue {
  const tensor = node.constant(1);
  if (!tensor || window.dilations.every((dilation) => dilation === 1)) return denseFilter(node, false);
  const dilated: Tensor = stuffed(transposed(tensor, [2, 3, 4, 1, 0]), [...window.dilations, 1, 1]);
  return node.values.constant(dilated, node.value(1).name);
}
