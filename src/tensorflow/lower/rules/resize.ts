// Resize in all its modes, axis by axis: nearest as a Gather, others as a product with the interpolation's matrix.
// Bilinear and whole nearest enlargements that TensorFlow's own kernels compute the same way use those.
// An axis whose size is not fixed is computed when the model runs: places and weights from its coordinates.

import { int64Tensor } from "../../../graph/builder.ts";
import { type Dim, productOf } from "../../../graph/dim.ts";
import { tensorOfNumbers } from "../../../tensor/numbers.ts";
import type { TfValue } from "../../graph.ts";
import { channelsLast, sameLayout } from "../../layout/layout.ts";
import type { NodeFacts } from "../node-facts.ts";
import type { NodeLowering } from "../node-lowering.ts";
import { resizeDynamicAxis } from "../resize-dynamic.ts";
import { resizeFreely } from "../resize-free.ts";
import { type Axis, type Interpolation, type Taps, tapsOf } from "../resize-weights.ts";
import { ANY_ORDER, CHANNELS_LAST, type LayoutClass, LOGICAL, type LoweringRule } from "../rule.ts";

export interface ResizedAxis {
  readonly axis: number;
  readonly from: Dim;
  readonly to: Dim;
  /** Undefined where only running tells. */
  readonly scale: number | undefined;
  readonly region: readonly [number, number];
}

export function interpolationOf(facts: NodeFacts): Interpolation {
  return {
    mode: facts.string("mode", "nearest"),
    coordinates: facts.string("coordinate_transformation_mode", "half_pixel"),
    nearest: facts.string("nearest_mode", "round_prefer_floor"),
    cubicCoefficient: facts.float("cubic_coeff_a", -0.75),
    excludeOutside: facts.int("exclude_outside", 0) === 1,
    antialias: facts.int("antialias", 0) === 1,
  };
}

function axesOf(facts: NodeFacts): number[] {
  const rank = facts.rank(0);
  const axes = facts.ints("axes") ?? Array.from({ length: rank }, (_, axis) => axis);
  return axes.map((axis) => facts.axisOf(axis, rank));
}

/** The axes that change, or why they cannot be told. */
function resizedAxes(facts: NodeFacts): ResizedAxis[] | string {
  const axes = axesOf(facts);
  const regions = facts.has(1) ? facts.numbers(1) : [];
  if (!regions && interpolationOf(facts).coordinates === "tf_crop_and_resize") {
    return "its regions are not known before the model runs";
  }
  const scales = isGiven(facts, 2) ? facts.numbers(2) : undefined;
  if (isGiven(facts, 2) && !scales) return "its scales are not known before the model runs";
  const policy = facts.string("keep_aspect_ratio_policy", "stretch");
  const ratios = axes.map(
    (axis, index) => scales?.[index] ?? ratio(facts.outputShape()[axis], facts.shape(0)[axis]),
  );
  const wanted = scales ? undefined : facts.numbers(3);
  const kept = policy === "stretch" || !wanted ? undefined : commonRatio(facts, axes, wanted, policy);
  const rows = axes.map((axis, index) => ({
    axis,
    from: facts.shape(0)[axis] ?? 1,
    to: facts.outputShape()[axis] ?? 1,
    scale: kept ?? ratios[index],
    region: [regions?.[index] ?? 0, regions?.[axes.length + index] ?? 1] as const,
  }));
  return rows.filter((row) => !isUnchanged(row, interpolationOf(facts).coordinates));
}

/** An empty tensor stands for an absent input. */
function isGiven(facts: NodeFacts, input: number): boolean {
  return facts.has(input) && facts.shape(input)[0] !== 0;
}

function ratio(to: Dim | undefined, from: Dim | undefined): number | undefined {
  return typeof to === "number" && typeof from === "number" ? to / from : undefined;
}

function commonRatio(
  facts: NodeFacts,
  axes: readonly number[],
  wanted: readonly number[],
  policy: string,
): number | undefined {
  const ratios = axes.map((axis, index) => ratio(wanted[index], facts.shape(0)[axis]));
  if (ratios.includes(undefined)) return undefined;
  return policy === "not_larger" ? Math.min(...(ratios as number[])) : Math.max(...(ratios as number[]));
}

function isUnchanged({ from, to, scale }: ResizedAxis, coordinates: string): boolean {
  return coordinates !== "tf_crop_and_resize" && (scale === 1 || (scale === undefined && from === to));
}

/** How a ratio common to all axes is chosen, where sizes are given that need not be met. */
function policyOf(facts: NodeFacts): "not_larger" | "not_smaller" | undefined {
  const policy = facts.string("keep_aspect_ratio_policy", "stretch");
  const keeps = policy === "not_larger" || policy === "not_smaller";
  return keeps && !isGiven(facts, 2) ? policy : undefined;
}

/** Whether scales, sizes or regions are needed that only running tells, or a mode that wants fixed sizes. */
function isFree(facts: NodeFacts): boolean {
  const rows = resizedAxes(facts);
  if (typeof rows === "string") return true;
  const { mode, coordinates, antialias } = interpolationOf(facts);
  const dynamic = rows.some((row) => typeof row.from !== "number" || typeof row.to !== "number");
  // The floor of a free size times a fraction is a size that no value has yet.
  const fraction = rows.some(({ to, scale = 1 }) => typeof to !== "number" && !Number.isInteger(scale));
  if (policyOf(facts) && (dynamic || !facts.numbers(3))) return true;
  return fraction || (dynamic && (antialias || mode === "cubic" || coordinates === "tf_crop_and_resize"));
}

function layoutOf(facts: NodeFacts): LayoutClass {
  if (isFree(facts)) return LOGICAL;
  return nativeKernel(facts, resizedAxes(facts) as ResizedAxis[]) ? CHANNELS_LAST : ANY_ORDER; // else it is free
}

export const resize: LoweringRule = {
  op: "Resize",
  since: 19,
  layout: layoutOf,
  limits: "align_corners wants scales that are known",
  refuse(facts) {
    if (isFree(facts) && isGiven(facts, 2) && interpolationOf(facts).coordinates === "align_corners") {
      return "align_corners with free scales: implementations disagree about sizes that are no whole numbers";
    }
    return undefined;
  },
  emit(node) {
    if (isFree(node)) return freely(node);
    const rows = resizedAxes(node) as ResizedAxis[]; // else it is free
    if (!isGiven(node, 2)) {
      const shape = node.outputShape();
      node.values.tellSizes(
        axesOf(node).map((axis) => shape[axis] ?? 1),
        node.value(3),
      );
    }
    const native = nativeKernel(node, rows);
    if (native && sameLayout(node.layout, channelsLast(4))) return byKernel(node, native);
    const interpolation = interpolationOf(node);
    const narrow = interpolation.mode !== "nearest" && node.dtype(0) !== "float64";
    let value = narrow ? node.cast(node.data(), "float32") : node.data();
    let shape = node.shape(0);
    for (const row of rows) {
      value = resizeAxis(node, value, row, interpolation, shape);
      shape = shape.map((size, axis) => (axis === row.axis ? row.to : size));
    }
    return narrow ? node.cast(value, node.dtype(0)) : value;
  },
};

function freely(node: NodeLowering): TfValue {
  const [axes, rows] = [axesOf(node), resizedAxes(node)];
  const changed = typeof rows === "string" || policyOf(node) ? axes : rows.map(({ axis }) => axis);
  return resizeFreely(node, axes, changed, isGiven(node, 2), interpolationOf(node), policyOf(node));
}

interface Kernel {
  readonly op: "ResizeBilinear" | "ResizeNearestNeighbor";
  readonly align_corners: boolean;
  readonly half_pixel_centers: boolean;
}

/** TensorFlow's kernel that computes the same, if there is one: over H and W, its scale being the ratio of the sizes. */
function nativeKernel(facts: NodeFacts, rows: readonly ResizedAxis[]): Kernel | undefined {
  const { mode, coordinates, nearest, antialias } = interpolationOf(facts);
  const spatial = facts.rank(0) === 4 && rows.length > 0 && rows.every(({ axis }) => axis >= 2);
  const exact = rows.every(isRatioOfSizes);
  if (!spatial || !exact || antialias || facts.dtype(0) !== "float32") return undefined;
  if (mode === "linear") {
    if (coordinates === "align_corners")
      return { op: "ResizeBilinear", align_corners: true, half_pixel_centers: false };
    const single =
      coordinates === "pytorch_half_pixel" && rows.some(({ to }) => to === 1 || typeof to !== "number");
    if ((coordinates === "half_pixel" || coordinates === "pytorch_half_pixel") && !single) {
      return { op: "ResizeBilinear", align_corners: false, half_pixel_centers: true };
    }
    return coordinates === "asymmetric"
      ? { op: "ResizeBilinear", align_corners: false, half_pixel_centers: false }
      : undefined;
  }
  const whole = rows.every(({ scale }) => Number.isInteger(scale));
  const repeats =
    (coordinates === "asymmetric" && nearest === "floor") ||
    ((coordinates === "half_pixel" || coordinates === "pytorch_half_pixel") && nearest.startsWith("round"));
  return mode === "nearest" && whole && repeats
    ? { op: "ResizeNearestNeighbor", align_corners: false, half_pixel_centers: false }
    : undefined;
}

/** Whether the scale is what the kernels divide by: a free axis is scaled by a whole number or to a given size. */
function isRatioOfSizes({ from, to, scale }: ResizedAxis): boolean {
  if (typeof from === "number" && typeof to === "number") return scale === to / from;
  return scale === undefined || Number.isInteger(scale);
}

function byKernel(node: NodeLowering, { op, ...attributes }: Kernel): TfValue {
  const sizes = node.outputShape().slice(2);
  const fixed = sizes.every((size) => typeof size === "number");
  const size = fixed ? node.int32s(sizes) : node.cast(node.values.dims(sizes), "int32");
  return node.op(op, [node.data(), size], { ...attributes });
}

function resizeAxis(
  node: NodeLowering,
  value: TfValue,
  row: ResizedAxis,
  interpolation: Interpolation,
  shape: readonly Dim[],
): TfValue {
  const { axis, from, to, scale, region } = row;
  const at = node.physical(axis);
  if (typeof from !== "number" || typeof to !== "number" || scale === undefined) {
    return resizeDynamicAxis(node, value, row, interpolation);
  }
  const line: Axis = { from, to, scale, region };
  const taps = tapsOf(line, interpolation);
  const outside = taps.flatMap((tap, place) => (tap ? [] : [place]));
  const whole =
    interpolation.mode === "nearest"
      ? gathered(node, value, taps, at)
      : multiplied(node, value, taps, at, line, shape);
  return outside.length === 0 ? whole : extrapolated(node, whole, taps, at);
}

function gathered(node: NodeLowering, value: TfValue, taps: readonly Taps[], at: number): TfValue {
  const places = taps.map((tap) => tap?.[0]?.[0] ?? 0);
  return node.op("GatherV2", [value, node.make(int64Tensor(places, [places.length])), node.int32(at)]);
}

/** y[.., o, ..] = sum over i of W[o, i] x[.., i, ..], as a matrix product over the axis and what stands behind it. */
function multiplied(
  node: NodeLowering,
  value: TfValue,
  taps: readonly Taps[],
  at: number,
  line: Axis,
  shape: readonly Dim[],
): TfValue {
  const weights = new Array<number>(line.to * line.from).fill(0);
  for (const [row, tap] of taps.entries()) {
    for (const [place, weight] of tap ?? [])
      weights[row * line.from + place] = (weights[row * line.from + place] ?? 0) + weight;
  }
  const dtype = value.dtype === "float64" ? "float64" : "float32";
  const matrix = node.make(tensorOfNumbers(dtype, [line.to, line.from], weights));
  const stands = node.ordered(shape);
  if (at === stands.length - 1) {
    const flat = node.op("Reshape", [value, node.int64s([-1, line.from])]);
    const product = node.op("MatMul", [flat, matrix], { transpose_b: true });
    return node.reshape(
      product,
      stands.map((size, index) => (index === at ? line.to : size)),
    );
  }
  const behind = stands.slice(at + 1);
  const before = stands.slice(0, at);
  const rows = node.op("Reshape", [value, node.values.dims([-1, line.from, productOf(behind)])]);
  const product = node.op("BatchMatMulV2", [matrix, rows]);
  return node.reshape(product, [...before, line.to, ...behind]);
}

/** Elements outside the region have one value. */
function extrapolated(node: NodeLowering, value: TfValue, taps: readonly Taps[], at: number): TfValue {
  const inside = taps.map((tap) => (tap ? 1 : 0));
  const shape = node.layout.perm.map((_, index) => (index === at ? inside.length : 1));
  const mask = node.make(tensorOfNumbers("bool", shape, inside));
  const fill = node.scalar(node.dtype(0), node.float("extrapolation_value", 0));
  return node.op("SelectV2", [mask, value, fill]);
}
