// ConvTranspose in 1, 2 and 3 dimensions, channels-last.
// out = s (D - 1) + output_padding + extent - p - q; weights [C, M/g, k...] -> [k..., M, C] without a flip.
// One group: TensorFlow's gradient of a convolution, a dilated kernel stuffed with zeros. Several groups: zeros are put
// between the data's elements and a grouped convolution with the flipped kernel runs over them, which is exact.
import type { Dim } from "../../../graph/dim.ts";
import { addDims, floorDivDims, mulDims } from "../../../graph/dim.ts";
import type { DType } from "../../../tensor/dtype.ts";
import { flipped } from "../../../tensor/flip.ts";
import { stuffed } from "../../../tensor/stuff-zeros.ts";
import type { Tensor } from "../../../tensor/tensor.ts";
import { reshaped, transposed } from "../../../tensor/transpose.ts";
import type { TfValue } from "../../graph.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { padValue } from "../pad-value.ts";
import { CHANNELS_LAST, type LoweringRule } from "../rule.ts";
import { productType } from "../widened.ts";

/** The geometry per spatial axis. */
interface Spread {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
  /** Cells that are made beyond the last one that the kernel reaches; they hold the bias alone. */
  readonly more: readonly number[];
}

function spreadOf(facts: NodeFacts): Spread | string {
  const kernel = facts.shape(1).slice(2);
  if (!kernel.every((size) => typeof size === "number"))
    return "the size of its kernel is not known before the model runs";
  const ones = kernel.map(() => 1);
  const strides = facts.ints("strides") ?? ones;
  const dilations = facts.ints("dilations") ?? ones;
  const more = facts.ints("output_padding") ?? ones.map(() => 0);
  const sizes = facts.shape(0).slice(2);
  const auto = facts.string("auto_pad", "NOTSET");
  const wanted = facts.ints("output_shape")?.slice(-kernel.length);
  const pads = facts.ints("pads") ?? [...ones, ...ones].map(() => 0);
  if (auto === "NOTSET" && !wanted) {
    const rank = kernel.length;
    return {
      kernel: kernel as number[],
      strides,
      dilations,
      begin: pads.slice(0, rank),
      end: pads.slice(rank),
      more,
    };
  }
  if (auto === "VALID")
    return {
      kernel: kernel as number[],
      strides,
      dilations,
      begin: ones.map(() => 0),
      end: ones.map(() => 0),
      more,
    };
  const begin: number[] = [];
  const end: number[] = [];
  for (const [axis, size] of sizes.entries()) {
    const [stride, dilation, length] = [strides[axis] ?? 1, dilations[axis] ?? 1, kernel[axis] as number];
    const extent = (length - 1) * dilation + 1;
    // Without a wanted size SAME makes D * s, so that the size itself cancels out.
    const total =
      wanted === undefined
        ? extent - stride + (more[axis] ?? 0)
        : typeof size === "number"
          ? stride * (size - 1) + (more[axis] ?? 0) + extent - (wanted[axis] ?? 0)
          : undefined;
    if (total === undefined) return "output_shape needs an input of fixed size";
    const half = Math.floor(total / 2);
    begin.push(auto === "SAME_UPPER" ? half : total - half);
    end.push(auto === "SAME_UPPER" ? total - half : half);
  }
  return { kernel: kernel as number[], strides, dilations, begin, end, more };
}

export const convTranspose: LoweringRule = {
  op: "ConvTranspose",
  since: 11,
  layout: CHANNELS_LAST,
  limits: "1 to 3 spatial dimensions; channels and kernel are known",
  refuse(facts) {
    const spread = spreadOf(facts);
    if (typeof spread === "string") return spread;
    const axes = spread.kernel.length;
    return axes < 1 || axes > 3 ? `${axes} spatial dimensions` : undefined;
  },
  emit(node) {
    const spread = spreadOf(node) as Spread; // refuse has checked it
    const dtype = productType("Conv2DBackpropInput", node.dtype(0));
    const flat = spread.kernel.length === 1;
    const deep = flat ? deepened(spread) : spread;
    const x = node.cast(node.data(), dtype);
    const image = flat ? node.op("ExpandDims", [x, node.int32(1)]) : x;
    const sizes = flat ? [1, ...node.shape(0).slice(2)] : node.shape(0).slice(2);
    const stuffing = node.int("group", 1) > 1 || (isDilated(spread) && !node.constant(1));
    const full = stuffing
      ? byStuffing(node, image, deep, sizes, flat)
      : byGradient(node, image, deep, sizes, flat);
    const y = flat ? node.op("Squeeze", [full], { squeeze_dims: [1] }) : full;
    const biased = node.has(2) ? node.op("AddV2", [y, node.cast(node.logical(2), dtype)]) : y;
    return node.cast(biased, node.dtype(0));
  },
};

function isDilated(spread: Spread): boolean {
  return spread.dilations.some((dilation) => dilation > 1);
}

function deepened(spread: Spread): Spread {
  return {
    kernel: [1, ...spread.kernel],
    strides: [1, ...spread.strides],
    dilations: [1, ...spread.dilations],
    begin: [0, ...spread.begin],
    end: [0, ...spread.end],
    more: [0, ...spread.more],
  };
}

/** Sizes of the result that nothing is cut from: s (D - 1) + extent. */
function fullSizes(spread: Spread, sizes: readonly Dim[]): Dim[] {
  return sizes.map((size, axis) => {
    const extent = ((spread.kernel[axis] ?? 1) - 1) * (spread.dilations[axis] ?? 1) + 1;
    return addDims(mulDims(addDims(size, -1), spread.strides[axis] ?? 1), extent);
  });
}

function byGradient(
  node: NodeLowering,
  image: TfValue,
  spread: Spread,
  sizes: readonly Dim[],
  flat: boolean,
): TfValue {
  const filter = inTypeOf(node, image, gradientFilter(node, spread, flat));
  const channels = node.shape(1)[1] ?? 1;
  const full = fullSizes(spread, sizes);
  const batch = node.shape(0)[0] ?? 1;
  const strides = [1, ...spread.strides, 1];
  const cut = spread.end.map((pad, axis) => pad - (spread.more[axis] ?? 0));
  const explicit = spread.kernel.length === 2 && [...spread.begin, ...cut].every((pad) => pad >= 0);
  if (explicit && isWithin(spread, sizes)) {
    const out = full.map((size, axis) => addDims(size, -((spread.begin[axis] ?? 0) + (cut[axis] ?? 0))));
    const padded = [...spread.begin, ...cut].some((pad) => pad > 0);
    const pads = [0, 0, ...spread.begin.flatMap((pad, axis) => [pad, cut[axis] ?? 0]), 0, 0];
    const shape = node.cast(node.values.dims([batch, ...out, channels]), "int32");
    return node.op("Conv2DBackpropInput", [shape, filter, image], {
      strides,
      padding: padded ? "EXPLICIT" : "VALID",
      explicit_paddings: padded ? pads : undefined,
    });
  }
  const shape = node.cast(node.values.dims([batch, ...full, channels]), "int32");
  const deep = spread.kernel.length === 3;
  const y = node.op(deep ? "Conv3DBackpropInputV2" : "Conv2DBackpropInput", [shape, filter, image], {
    strides,
    padding: "VALID",
  });
  const begin = spread.begin.map((pad) => -pad);
  return padValue(node, y, [0, ...begin, 0], [0, ...cut.map((pad) => -pad), 0]);
}

/** The kernel wants pads smaller than what it pads. */
function isWithin(spread: Spread, sizes: readonly Dim[]): boolean {
  return sizes.every((size, axis) => {
    const extent = spread.kernel[axis] ?? 1;
    return typeof size !== "number" || (spread.begin[axis] ?? 0) + (spread.end[axis] ?? 0) < size + extent;
  });
}

function inTypeOf(node: NodeLowering, image: TfValue, filter: TfValue): TfValue {
  return node.cast(filter, image.dtype as DType); // the image is a tensor
}

/** [C, M, k...] -> [k..., M, C], dilated by zeros. */
function gradientFilter(node: NodeLowering, spread: Spread, flat: boolean): TfValue {
  const rank = node.rank(1);
  const perm = [...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1, 0];
  const tensor = node.constant(1);
  if (!tensor) {
    const filter = node.transpose(node.logical(1), node.shape(1), perm);
    return flat ? node.op("ExpandDims", [filter, node.int32(0)]) : filter;
  }
  const filter = node.values.arranged(tensor, { perm });
  const deep = flat ? node.values.reshaped(filter, [1, ...filter.shape]) : filter;
  return node.values.constant(stuffed(deep, [...spread.dilations, 1, 1]), node.value(1).name);
}

function byStuffing(
  node: NodeLowering,
  image: TfValue,
  spread: Spread,
  sizes: readonly Dim[],
  flat: boolean,
): TfValue {
  const channels = node.shape(0)[1] ?? 1;
  const batch = node.shape(0)[0] ?? 1;
  const apart = stuffedData(node, image, spread, [batch, ...sizes, channels]);
  const extents = spread.kernel.map((size, axis) => (size - 1) * (spread.dilations[axis] ?? 1) + 1);
  const begin = extents.map((extent, axis) => extent - 1 - (spread.begin[axis] ?? 0));
  const end = extents.map((extent, axis) => extent - 1 - (spread.end[axis] ?? 0) + (spread.more[axis] ?? 0));
  const padded = padValue(node, apart, [0, ...begin, 0], [0, ...end, 0]);
  const groups = node.int("group", 1);
  const tensor = node.constant(1);
  const dilated = [...spread.dilations, 1, 1];
  const filter = tensor
    ? node.values.constant(stuffed(flippedFilter(tensor, groups, flat), dilated), node.value(1).name)
    : flippedWeight(node, spread, groups);
  const weight = inTypeOf(node, image, filter);
  const attributes = {
    strides: [1, ...spread.strides.map(() => 1), 1],
    padding: "VALID",
  };
  if (spread.kernel.length === 2) return node.op("Conv2D", [padded, weight], attributes);
  if (groups === 1) return node.op("Conv3D", [padded, weight], attributes);
  const split = (value: TfValue) => node.tf.ops("Split", [node.int32(4), value], { num_split: groups });
  const filters = split(weight);
  const parts = split(padded).map((part, group) =>
    node.op("Conv3D", [part, filters[group] as TfValue], attributes),
  );
  return node.op("ConcatV2", [parts, node.int32(4)]);
}

/** s - 1 zeros between neighbours along every spatial axis: [.., D, ..] -> [.., D, s, ..] -> cut to (D - 1) s + 1. */
function stuffedData(node: NodeLowering, image: TfValue, spread: Spread, shape: readonly Dim[]): TfValue {
  if (spread.strides.every((stride) => stride === 1)) return image;
  const inner = shape.slice(1, -1);
  const [batch, channels] = [shape[0] as Dim, shape.at(-1) as Dim];
  const cells = node.reshape(image, [batch, ...inner.flatMap((size) => [size, 1]), channels]);
  const after = [0, ...spread.strides.flatMap((stride) => [0, stride - 1]), 0];
  const padded = padValue(
    node,
    cells,
    after.map(() => 0),
    after,
  );
  const merged = inner.map((size, axis) => mulDims(size, spread.strides[axis] ?? 1));
  const whole = node.reshape(padded, [batch, ...merged, channels]);
  const cut = spread.strides.map((stride) => 1 - stride);
  return padValue(node, whole, [0, ...cut.map(() => 0), 0], [0, ...cut, 0]);
}

/** [g * C/g, M/g, k...] -> [k..., C/g, g * M/g] with the kernel's axes turned round. */
function flippedFilter(tensor: Tensor, groups: number, flat: boolean): Tensor {
  const [inputs = 1, outputs = 1, ...kernel] = tensor.shape;
  const spatial = flat ? [1, ...kernel] : kernel;
  const cut = reshaped(tensor, [groups, inputs / groups, outputs, ...spatial]);
  const moved = transposed(cut, [...spatial.map((_, axis) => axis + 3), 1, 0, 2]);
  const merged = reshaped(moved, [...spatial, inputs / groups, groups * outputs]);
  return flipped(
    merged,
    spatial.map((_, axis) => axis),
  );
}

/** The same of a weight that is computed, with the zeros of its dilations. */
function flippedWeight(node: NodeLowering, spread: Spread, groups: number): TfValue {
  const [inputs = 1, outputs = 1] = node.shape(1);
  const spatial = spread.kernel;
  const perGroup = floorDivDims(inputs, groups);
  const cut = [groups, perGroup, outputs, ...spatial];
  const perm = [...spatial.map((_, axis) => axis + 3), 1, 0, 2];
  const moved = node.transpose(node.reshape(node.logical(1), cut), cut, perm);
  const rows = mulDims(inputs, outputs);
  const merged = node.reshape(moved, [1, ...spatial, rows]);
  const turned = node.op("ReverseV2", [merged, node.int32s(spatial.map((_, axis) => axis + 1))]);
  const apart = stuffedData(node, turned, { ...spread, strides: spread.dilations }, [1, ...spatial, rows]);
  const extents = spatial.map((size, axis) => (size - 1) * (spread.dilations[axis] ?? 1) + 1);
  return node.reshape(apart, [...extents, perGroup, mulDims(outputs, groups)]);
}
